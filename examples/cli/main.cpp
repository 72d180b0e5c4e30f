// SPDX-License-Identifier: MIT
//
// detent: quantizes the checkpoints of neural networks.
//
// With --json one object goes to the standard output, and the text for people to the standard error.
// Exit code 0: done. 1: the input was refused, with one sentence. 2: wrong usage.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>

#include "commands.hpp"
#include "detent/core/error.hpp"
#include "detent/core/version.hpp"
#include "precision.hpp"

namespace {

std::string version_text() {
  return std::to_string(DETENT_VERSION_MAJOR) + "." + std::to_string(DETENT_VERSION_MINOR) + "." +
         std::to_string(DETENT_VERSION_PATCH);
}

/// Prints a report where it belongs.
void print(const cli::report& result, bool json) {
  (json ? std::cerr : std::cout) << result.text;
  if (json) std::cout << result.json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
  std::cout.flush();
  if (!std::cout) detent::fail("the report cannot be written to the standard output");
}

/// A precision's name is an argument: a wrong one is wrong usage.
std::string known_precision(const std::string& name) {
  try {
    static_cast<void>(program::precision_of(name));
  } catch (const detent::error& e) {
    return e.what();
  }
  return {};
}

struct arguments {
  bool json = false;
  cli::inspect_arguments inspect;
  cli::quantize_arguments quantize;
  cli::dequantize_arguments dequantize;
  cli::compare_arguments compare;
};

void add_common(CLI::App& command, bool& json, int& threads) {
  command.add_flag("--json", json, "one JSON object on the standard output");
  command.add_option("--threads", threads, "number of threads; 0: all")->check(CLI::Range(0, 1024));
}

void describe(CLI::App& app, arguments& to) {
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text());

  CLI::App* inspect = app.add_subcommand("inspect", "list the tensors of a checkpoint");
  inspect->add_option("FILE", to.inspect.file, "a .safetensors file, or the index of several")->required();
  inspect->add_flag("--stats", to.inspect.stats, "count what is not zero");
  add_common(*inspect, to.json, to.inspect.threads);

  CLI::App* quantize = app.add_subcommand("quantize", "quantize a checkpoint");
  quantize->add_option("IN", to.quantize.in, "a .safetensors file, or the index of several")->required();
  quantize->add_option("-o,--output", to.quantize.out, "the file to write")->required();
  quantize->add_option("--to", to.quantize.to, "the precision")->required()->check(known_precision);
  quantize
      ->add_option("--include", to.quantize.include, "only tensors of these names (with * and ?), whatever they are")
      ->allow_extra_args(false);
  quantize->add_option("--exclude", to.quantize.exclude, "but not these")->allow_extra_args(false);
  add_common(*quantize, to.json, to.quantize.threads);

  CLI::App* dequantize = app.add_subcommand("dequantize", "make floats of all that is quantized");
  dequantize->add_option("IN", to.dequantize.in, "a .safetensors file, or the index of several")->required();
  dequantize->add_option("-o,--output", to.dequantize.out, "the file to write")->required();
  dequantize->add_option("--to", to.dequantize.to, "fp32, fp16 or bf16")
      ->check(CLI::IsMember({"fp32", "fp16", "bf16"}));
  add_common(*dequantize, to.json, to.dequantize.threads);

  CLI::App* compare = app.add_subcommand("compare", "the error of B's tensors against A's");
  compare->add_option("A", to.compare.a, "the reference")->required();
  compare->add_option("B", to.compare.b, "the approximation")->required();
  add_common(*compare, to.json, to.compare.threads);
}

cli::report run(const CLI::App& app, const arguments& with) {
  if (app.got_subcommand("inspect")) return cli::inspect(with.inspect);
  if (app.got_subcommand("quantize")) return cli::quantize(with.quantize);
  if (app.got_subcommand("dequantize")) return cli::dequantize(with.dequantize);
  return cli::compare(with.compare);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("detent quantizes the checkpoints of neural networks.", "detent");
  arguments with;
  describe(app, with);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  try {
    print(run(app, with), with.json);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "detent: %s\n", e.what());
    return 1;
  }
  return 0;
}
