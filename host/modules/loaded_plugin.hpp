// What the Loader knows of one plugin; for its own sources.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/modules/loader.hpp"

namespace ezapi::host::modules {

struct Loader::Plugin {
    std::string name;
    std::filesystem::path file;
    bool wanted = false;
    bool required = true;
    State state = State::kDisabled;
    std::string error;
    std::optional<Library> library;
    std::string settings;
    std::unique_ptr<ez_context> context;
    ez_host host{};
    void* self = nullptr;
    bool stuck = false;  // did not stop: its code may still run, it cannot be started again

    [[nodiscard]] bool runs() const { return state == State::kRunning; }

    [[nodiscard]] std::vector<std::string> providers() const {
        if (!library) return {};
        std::vector<std::string> names = library->depends_on();
        for (std::string& other : library->after()) names.push_back(std::move(other));
        return names;
    }
};

}  // namespace ezapi::host::modules
