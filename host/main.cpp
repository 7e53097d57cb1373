#include "host/app/application.hpp"

int main(int argc, char** argv) {
    return ezapi::host::app::run(argc, argv);
}
