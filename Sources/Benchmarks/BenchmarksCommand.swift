import ArgumentParser
import CKernels
import Commands
import Foundation
import Tensors

/// `benchmarks`: times kernels, networks and whole commands against the same work in other engines, in alternating
/// runs.
public struct BenchmarksCommand: ToolCommand {
  public static let configuration = CommandConfiguration(
    commandName: "benchmarks",
    abstract: "Compare with other engines on this machine: time and memory, by turns.",
    discussion: """
      Beside PyTorch, OpenVINO and stable-diffusion.cpp where they are installed. Absolute times mean \
      little on a shared machine, so the engines take turns: each round gives one ratio, and the \
      median ratio is the figure. What other engines take to import is not counted, nor what \
      networks take to open.

      Stable Diffusion v1 is measured with random weights, which are written first: 2 GB of float16, \
      and as much again where OpenVINO converts them. With --models they are kept for the next time.

      Example: benchmarks --python .venv/bin/python --only forward-noising
      """, version: Versions.line)

  @Option(
    help: ArgumentHelp(
      """
      A Python with torch, diffusers, transformers, safetensors, numpy and pillow, and perhaps \
      openvino and stable-diffusion-cpp-python.
      """, valueName: "file"))
  var python = "python3"

  @Option(parsing: .unconditional, help: ArgumentHelp("How many rounds.", valueName: "n"))
  var runs = 5

  @Option(
    help: ArgumentHelp(
      """
      Only the comparison of this name: \(Comparison.all.map(\.name).joined(separator: ", ")). \
      (default: all)
      """, valueName: "name"))
  var only: String?

  @Option(
    help: ArgumentHelp(
      """
      A CSV file for the figures; in one that exists, they take the place of those of the same work on \
      the same machine. (default: none)
      """, valueName: "file"))
  var table: String?

  @Option(
    help: ArgumentHelp(
      "Where the networks of Stable Diffusion v1 are kept. (default: they are not kept)",
      valueName: "folder"))
  var models: String?

  public init() {}

  public mutating func validate() throws {
    try Check.range("--runs", runs, 1...1000)
    try Check.path("--table", table)
    try Check.path("--models", models)
    if let only { try Check.name("--only", only, oneOf: Comparison.all.map(\.name)) }
  }

  public func work() throws {
    let machine = Machine.current
    print(machine.text + "\n")
    var figures = try table.map(BenchmarkTable.init)
    let scratch = FileManager.default.temporaryDirectory
      .appendingPathComponent("inspector-benchmarks-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let setting = Setting(
      scratch: scratch.path, models: models ?? "\(scratch.path)/models", python: python,
      engines: engines())
    for comparison in Comparison.all where only == nil || only == comparison.name {
      let rows = try comparison.measure(setting, pairs: runs)
      // After each, so that what is interrupted is not lost.
      figures?.replace(rows, on: machine)
      if let table { try figures?.write(to: table) }
    }
  }

  /// The engines that are here.
  private func engines() -> [Engine] {
    func has(_ packages: String) -> Bool {
      (try? Measurement.run([python, "-c", "import \(packages)"]))?.status == 0
    }
    let torch = has("torch, diffusers, transformers, safetensors, numpy, PIL")
    let engines = Engine.allCases.filter { engine in
      switch engine {
      case .ours: true
      case .oursBFloat16: Precision.bfloat16.isNative
      case .pyTorch: torch
      case .openVINO: torch && has("openvino")
      case .stableDiffusionCpp: has("stable_diffusion_cpp")
      }
    }
    if !torch {
      print("\(python) has no torch, diffusers, transformers and pillow: only our own times.\n")
    }
    for engine in [Engine.openVINO, .stableDiffusionCpp] where torch && !engines.contains(engine) {
      print("\(python) has no \(engine.rawValue): it is left out.\n")
    }
    return engines
  }
}
