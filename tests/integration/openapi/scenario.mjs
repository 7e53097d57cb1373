// Calls each operation as a client does, in an order in which all prerequisites exist.

// These succeed only after a fault; the tests that inject the fault call them.
export const coveredElsewhere = new Set(['POST /admin/sync/outbox/{id}/retry']);

// Create, read, list, replace, merge, delete and batch of one collection, with the answers to invalid requests.
async function collection(call, path, { create, patch, params = {}, as = 'admin', item = 'id', batch = true }) {
  const one = `${path}/{${item}}`;
  const made = await call('POST', path, { params, as, body: create('one'), expect: 201 });
  const id = { ...params, [item]: made.body.id };
  await call('POST', path, { params, as, body: '{"no', expect: 400 });
  await call('POST', path, { params, as, body: { ...create('one'), no_such_field: 1 }, expect: 422 });
  await call('GET', path, { params, as, query: '?limit=1&count=true&sort=-created_at', expect: 200 });
  await call('GET', path, { params, as, query: '?no_such_filter=1', expect: 400 });
  await call('GET', one, { params: id, as, expect: 200 });
  await call('GET', one, { params: { ...params, [item]: 999999999 }, as, expect: 404 });
  await call('PATCH', one, { params: id, as, body: patch, expect: 200 });
  await call('PATCH', one, { params: id, as, body: patch, headers: { 'if-match': '"1"' }, expect: 412 });
  await call('PUT', one, { params: id, as, body: create('one'), expect: 200 });
  if (batch) {
    const operations = [{ op: 'create', data: create('two') }, { op: 'update', id: made.body.id, data: patch }];
    const done = await call('POST', `${path}/batch`, { params, as, body: { operations }, expect: 200 });
    await call('POST', `${path}/batch`, { params, as, body: { operations: [{ op: 'create', data: {} }] }, expect: 422 });
    await call('POST', `${path}/batch`, {
      params, as, expect: 200, body: { atomic: false, operations: [{ op: 'delete', id: done.body.results[0].id }, { op: 'delete', id: 999999999 }] },
    });
  }
  return { id: made.body.id, body: made.body, remove: () => call('DELETE', one, { params: id, as, expect: 204 }) };
}

async function host(call) {
  await call('GET', '/swagger/openapi.json', { as: 'nobody', expect: 200 });
  for (const path of ['/health', '/health/live', '/health/ready', '/api/status/test']) await call('GET', path, { as: 'nobody', expect: 200 });
  await call('GET', '/internal/metrics', { as: 'internal', expect: 200 });
  await call('GET', '/internal/metrics', { as: 'nobody', expect: 401 });
  await call('GET', '/admin/plugins', { expect: 200 });
  await call('GET', '/admin/plugins', { as: 'nobody', expect: 401 });
  const session = await call('POST', '/admin/sessions', { body: { scope: 'read' }, expect: 201 });
  await call('GET', '/admin/plugins', { as: session.body.token, expect: 200 });
  await call('POST', '/admin/sessions', { body: { scope: 'read' }, expect: 201 });
  const open = await call('GET', '/admin/sessions', { query: '?limit=1', expect: 200 });
  await call('GET', '/admin/sessions', { query: `?cursor=${open.body.next_cursor}`, expect: 200 });
  await call('GET', '/admin/sessions', { query: '?limit=0', expect: 400 });
  await call('GET', '/admin/sessions', { as: 'nobody', expect: 401 });
  await call('DELETE', '/admin/sessions/{id}', { params: { id: session.body.id }, expect: 204 });
  await call('DELETE', '/admin/sessions/{id}', { params: { id: session.body.id }, expect: 404 });
  await call('GET', '/admin/plugins', { as: session.body.token, expect: 401 });
  await call('POST', '/admin/plugins/{name}/reload', { params: { name: 'features' }, expect: 200 });
  await call('POST', '/admin/plugins/{name}/disable', { params: { name: 'features' }, expect: 200 });
  await call('POST', '/admin/plugins/{name}/enable', { params: { name: 'features' }, expect: 200 });
}

export async function scenario(call) {
  await host(call);

  const space = await collection(call, '/admin/namespaces', {
    create: (name) => ({ name: `space-${name}`, description: 'a namespace' }), patch: { description: 'changed' },
  });
  const master = await collection(call, '/admin/masters', {
    create: (name) => ({ name: `master-${name}`, namespaces: ['space-one'], metadata: { team: 'a' } }), patch: { global_qps: 10 },
  });
  const rotated = await call('POST', '/admin/masters/{id}/manage', { params: { id: master.id }, body: { action: 'rotate-key' }, expect: 200 });
  await call('POST', '/admin/masters/{id}/manage', { params: { id: master.id }, body: { action: 'dance' }, expect: 422 });
  const bearer = rotated.body.master_key;
  await call('GET', '/v1/self', { as: bearer, expect: 200 });
  await call('GET', '/v1/self', { as: 'mk-nobody', expect: 401 });

  const keys = await collection(call, '/admin/masters/{master_id}/keys', {
    params: { master_id: master.id }, create: (name) => ({ name: `key-${name}`, models: ['gpt'] }), patch: { qps_limit: 5 },
  });
  await call('POST', '/admin/masters/{master_id}/keys/{id}/rotate', { params: { master_id: master.id, id: keys.id }, body: { grace_seconds: 60 }, expect: 200 });
  const tokens = await collection(call, '/v1/tokens', { as: bearer, batch: false, create: (name) => ({ name: `token-${name}` }), patch: { qps_limit: 5 } });
  await call('POST', '/v1/tokens/{id}/rotate', { as: bearer, params: { id: tokens.id }, body: { grace_seconds: 0 }, expect: 200 });

  const group = await collection(call, '/admin/provider-groups', {
    create: (name) => ({ name: `group-${name}`, type: 'openai', models: ['gpt-4.1', 'o3'] }), patch: { auto_ban: true },
  });
  const upstream = await collection(call, '/admin/api-keys', {
    create: (name) => ({ group_id: group.id, name: `upstream-${name}`, api_key: `sk-upstream-secret-${name}` }), patch: { weight: 2 },
  });
  await call('GET', '/admin/api-keys/encryption', { expect: 200 });
  const model = await collection(call, '/admin/models', {
    create: (name) => ({ name: `space-one.model-${name}`, kind: 'chat', context_window: 128000 }), patch: { supports_vision: true },
  });
  await call('GET', '/admin/models/registry', { expect: 200 });
  await call('POST', '/admin/models/registry/refresh', { expect: 200 });
  const binding = await collection(call, '/admin/bindings', {
    create: (name) => ({ namespace: 'space-one', public_model: `model-${name}`, group_id: group.id, selector_type: 'exact', selector_value: 'o3' }), patch: { weight: 7 },
  });
  await call('POST', '/admin/bindings/explain', { body: { key_id: keys.id, model: 'space-one.model-one', ip: '192.0.2.1' }, expect: 200 });
  await call('POST', '/admin/bindings/explain', { body: { token: 'sk-nobody', model: 'space-one.model-one' }, expect: 200 });
  await call('POST', '/admin/bindings/explain', { body: { model: 'space-one.model-one' }, expect: 422 });
  await call('GET', '/admin/api-keys/{id}/impact', { params: { id: upstream.id }, query: '?limit=1', expect: 200 });
  await call('GET', '/admin/api-keys/{id}/impact', { params: { id: 999999999 }, expect: 404 });
  await call('PUT', '/admin/features/{name}', { params: { name: 'new-ui' }, body: { value: { on: true }, enabled: true }, expect: 201 });
  await call('PUT', '/admin/features/{name}', { params: { name: 'new-ui' }, body: { value: 1, enabled: true }, expect: 200 });
  await call('GET', '/admin/features/{name}', { params: { name: 'new-ui' }, expect: 200 });
  await call('GET', '/admin/features', { expect: 200 });

  const items = [{ key_id: keys.id, requests: 3, tokens_in: 5, last_used_at: '2026-01-02T03:04:05Z' }, { token_hash: '0'.repeat(64), requests: 1 }];
  const report = { node: 'node-1', epoch: 'boot-1', sequence: 1, items };
  await call('POST', '/internal/stats/flush', { as: 'internal', body: report, expect: 200 });
  await call('POST', '/internal/stats/flush', { as: 'internal', body: report, expect: 200 });
  await call('POST', '/internal/stats/flush', { as: 'internal', body: { ...report, sequence: 5, items: [] }, expect: 200 });
  await call('POST', '/internal/stats/flush', { as: 'internal', body: { ...report, items: [] }, expect: 409 });
  await call('POST', '/internal/stats/flush', { as: 'internal', body: { ...report, sequence: -1 }, expect: 422 });
  await call('POST', '/internal/stats/flush', { as: 'nobody', body: report, expect: 401 });
  await call('GET', '/admin/masters/{id}/realtime', { params: { id: master.id }, expect: 200 });
  await call('GET', '/admin/masters/{id}/realtime', { params: { id: 999999999 }, expect: 404 });
  await call('GET', '/v1/realtime', { as: bearer, expect: 200 });

  await call('GET', '/admin/logs', { query: `?limit=1&count=true&model=gpt&status=2xx&error=timeout&master_id=${master.id}`, expect: 200 });
  await call('GET', '/admin/logs', { query: '?status=ok', expect: 400 });
  await call('GET', '/v1/logs', { as: bearer, query: '?limit=1', expect: 200 });
  for (const by of ['model', 'master', 'key', 'provider', 'namespace', 'status', 'hour', 'day']) {
    await call('GET', '/admin/logs/stats', { query: `?group_by=${by}`, expect: 200 });
    await call('GET', '/v1/logs/stats', { as: bearer, query: `?group_by=${by}&from=2020-01-01T00:00:00Z&to=2020-01-02T00:30:00Z`, expect: 200 });
  }
  await call('GET', '/admin/logs/stats', { query: '?group_by=colour', expect: 400 });
  await call('GET', '/admin/stats', { query: `?master_id=${master.id}`, expect: 200 });
  await call('GET', '/v1/stats', { as: bearer, expect: 200 });

  await call('GET', '/admin/operation-logs', { query: '?limit=5&resource=masters', expect: 200 });
  await call('POST', '/internal/logs', { as: 'internal', body: [{ request_id: 'one', model: 'm' }, { request_id: 7 }], expect: 200 });
  await call('POST', '/internal/logs', { as: 'internal', body: {}, expect: 422 });
  const [from, to] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'];
  await call('POST', '/admin/logs/rollups/rebuild', { body: { from, to }, expect: 200 });
  await call('POST', '/admin/logs/rollups/rebuild', { body: { from: 'then' }, expect: 422 });
  await call('DELETE', '/admin/logs', { query: `?before=${from}`, expect: 200 });
  await call('DELETE', '/admin/logs', { expect: 400 });
  await call('DELETE', '/admin/logs', { query: '?before=2999-01-01T00:00:00Z', expect: 400 });
  await call('GET', '/admin/operation-logs', { query: '?ip=127.0.0.1&from=2026-01-01T00:00:00Z', expect: 200 });
  const chain = await call('GET', '/admin/operation-logs/verify', { expect: 200 });
  await call('GET', '/admin/operation-logs/verify', { query: `?limit=5&position=${chain.body.head.position}&hash=${chain.body.head.hash}`, expect: 200 });
  await call('GET', '/admin/operation-logs/verify', { query: '?position=1', expect: 400 });
  const hook = { enabled: true, url: 'http://127.0.0.1:9/hook', threshold: 5, secret: 'a-secret-of-the-webhook' };
  await call('GET', '/admin/logs/webhook', { expect: 200 });
  await call('POST', '/admin/logs/webhook/test', { expect: 409 });
  await call('PUT', '/admin/logs/webhook', { body: hook, expect: 422 });
  await call('PUT', '/admin/logs/webhook', { body: { ...hook, url: 'https://receiver.invalid/hook' }, expect: 200 });
  await call('POST', '/admin/logs/webhook/test', { expect: 200 });
  await call('GET', '/admin/logs/webhook/deliveries', { query: '?status=failed&limit=1', expect: 200 });
  await call('PUT', '/admin/logs/webhook', { body: { enabled: false }, headers: { 'if-match': '"1"' }, expect: 412 });
  const quiet = await call('PUT', '/admin/logs/webhook', { body: { enabled: false }, expect: 200 });
  await call('GET', '/admin/sync', { expect: 200 });
  await call('GET', '/admin/sync/outbox', { expect: 200 });
  await call('GET', '/admin/sync/changes/{revision}', { params: { revision: quiet.headers.get('x-change-revision') }, expect: 200 });
  await call('GET', '/admin/sync/nodes', { expect: 200 });
  await call('POST', '/admin/sync/full');
  await call('POST', '/admin/sync/drift', { body: { repair: true }, expect: 200 });
  await call('POST', '/admin/sync/drift', { body: { mend: true }, expect: 422 });
  await call('GET', '/admin/sync/drift', { expect: 200 });
  await call('PUT', '/admin/features/{name}', { params: { name: 'new-ui' }, query: '?wait=applied&timeout=1', body: { value: 2, enabled: true }, expect: 200 });
  await call('PUT', '/admin/features/{name}', { params: { name: 'new-ui' }, query: '?wait=never', body: { value: 2, enabled: true }, expect: 400 });
  await call('POST', '/admin/sync/outbox/{id}/retry', { params: { id: 999999999 }, expect: 404 });

  await call('DELETE', '/admin/namespaces/{id}', { params: { id: space.id }, expect: 409 });
  await call('DELETE', '/admin/features/{name}', { params: { name: 'new-ui' }, expect: 204 });
  for (const made of [binding, model, upstream, group, tokens, keys, master, space]) await made.remove();
}
