// Calls every operation that the server declares and validates each answer against the declaration: status, content
// type and schema; members that are not declared are errors. Fails when a declared operation was not called.
//
// EZ_URL, EZ_ADMIN_TOKEN, EZ_INTERNAL_TOKEN define the server; this script serves it a model registry with one model on
// EZ_REGISTRY_PORT.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { coveredElsewhere, scenario } from './scenario.mjs';

const require = createRequire(new URL('../../../etc/package.json', import.meta.url));
const Ajv = require('ajv').default ?? require('ajv');
const addFormats = require('ajv-formats').default ?? require('ajv-formats');

const url = process.env.EZ_URL;
const tokens = { admin: process.env.EZ_ADMIN_TOKEN, internal: process.env.EZ_INTERNAL_TOKEN };
const document = await (await fetch(`${url}/swagger/openapi.json`)).json();
const faults = [];
const called = new Map();

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addFormat('int64', { type: 'number', validate: Number.isInteger });
ajv.addFormat('int32', { type: 'number', validate: Number.isInteger });

// Resolves references, merges allOf and closes objects, so that only declared members are valid.
function closed(schema) {
  if (schema.$ref) return closed(schema.$ref.split('/').slice(1).reduce((at, name) => at[name], document));
  if (schema.allOf) {
    const parts = schema.allOf.map(closed);
    return {
      type: 'object',
      nullable: schema.nullable ?? false,
      properties: Object.assign({}, ...parts.map((part) => part.properties)),
      required: parts.flatMap((part) => part.required ?? []),
      additionalProperties: false,
    };
  }
  const out = { ...schema };
  for (const word of ['oneOf', 'anyOf']) if (out[word]) out[word] = out[word].map(closed);
  if (out.items) out.items = closed(out.items);
  if (typeof out.additionalProperties === 'object') out.additionalProperties = closed(out.additionalProperties);
  if (out.properties) {
    out.properties = Object.fromEntries(Object.entries(out.properties).map(([name, part]) => [name, closed(part)]));
    out.additionalProperties ??= false;
  }
  if (out.nullable && !out.type) delete out.nullable; // ajv wants a type beside it; without one anything is allowed
  return out;
}

function judge(where, operation, status, type, text) {
  const declared = operation.responses[status] ?? operation.responses.default;
  if (!declared) return faults.push(`${where}: answered ${status}, which is not declared: ${text.slice(0, 300)}`);
  const response = declared.$ref ? declared.$ref.split('/').slice(1).reduce((at, name) => at[name], document) : declared;
  if (!response.content) {
    if (text) faults.push(`${where}: ${status} is declared without content, found ${text.length} bytes`);
    return;
  }
  const media = response.content[type];
  if (!media) return faults.push(`${where}: ${status} came as '${type}', declared ${Object.keys(response.content)}`);
  if (!media.schema || !type.endsWith('json')) return;
  const check = ajv.compile(closed(media.schema));
  if (!check(JSON.parse(text))) {
    faults.push(`${where}: ${status} breaks its schema: ${ajv.errorsText(check.errors)}\n    ${text.slice(0, 500)}`);
  }
}

// Makes one call: `path` is the declared one, `params` has its parameters. Returns {status, body, headers}.
async function call(method, path, { params = {}, query = '', body, headers = {}, as = 'admin', expect } = {}) {
  const operation = document.paths[path]?.[method.toLowerCase()];
  const where = `${method} ${path}`;
  if (!operation) throw new Error(`${where}: not declared`);
  const target = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name]));
  const bearer = tokens[as] ?? as;
  const all = { ...headers };
  if (as !== 'nobody') all.authorization = `Bearer ${bearer}`;
  if (body !== undefined && !all['content-type']) all['content-type'] = 'application/json';
  const answer = await fetch(`${url}${target}${query}`, {
    method,
    headers: all,
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await answer.text();
  const type = (answer.headers.get('content-type') ?? '').split(';')[0];
  called.set(where, [...(called.get(where) ?? []), answer.status]);
  judge(where, operation, answer.status, type, text);
  if (expect !== undefined && answer.status !== expect) {
    faults.push(`${where}: expected ${expect}, found ${answer.status}: ${text.slice(0, 300)}`);
  }
  return { status: answer.status, headers: answer.headers, body: type.endsWith('json') ? JSON.parse(text) : text };
}

const catalogue = { acme: { id: 'acme', name: 'Acme', npm: '@ai-sdk/openai', models: { one: { id: 'one', name: 'One', limit: { context: 8192, output: 1024 } } } } };
const registry = createServer((_, reply) => reply.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(catalogue)));
await new Promise((listening) => registry.listen(Number(process.env.EZ_REGISTRY_PORT), '127.0.0.1', listening));
await scenario(call);
registry.close();

for (const [path, methods] of Object.entries(document.paths)) {
  for (const method of Object.keys(methods)) {
    if (['parameters', 'summary', 'description'].includes(method)) continue;
    const where = `${method.toUpperCase()} ${path}`;
    const statuses = called.get(where);
    if (!statuses) faults.push(`${where}: declared, but the scenario does not call it`);
    else if (!statuses.some((status) => status < 400) && !coveredElsewhere.has(where)) faults.push(`${where}: never succeeded: ${statuses}`);
  }
}
for (const fault of faults) console.error(fault);
console.log(`${called.size} operations called, ${faults.length} faults`);
process.exit(faults.length === 0 ? 0 : 1);
