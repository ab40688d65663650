import ArgumentParser
import CKernels
import Commands
import Foundation
import Tensors

/// Times whole commands against the same work in PyTorch, in alternating runs.
@main
struct Benchmarks: ToolCommand {
  static func main() { start() }

  static let configuration = CommandConfiguration(
    commandName: "benchmarks",
    abstract: "Compare with PyTorch on this machine: time and memory, in alternating runs.",
    discussion: """
      Absolute times mean little on a shared machine, so each pair of runs gives one ratio and the \
      median ratio is the figure. PyTorch's time is counted after its imports.

      Example: benchmarks --python .venv/bin/python --only forward-noising
      """, version: Versions.line)

  @Option(
    help: ArgumentHelp("A Python with torch, diffusers, numpy and pillow.", valueName: "file"))
  var python = "python3"

  @Option(parsing: .unconditional, help: ArgumentHelp("How many pairs of runs.", valueName: "n"))
  var runs = 5

  @Option(
    help: ArgumentHelp(
      """
      Only the comparison of this name: \(Comparison.all.map(\.name).joined(separator: ", ")). \
      (default: all)
      """, valueName: "name"))
  var only: String?

  mutating func validate() throws {
    try Check.range("--runs", runs, 1...1000)
    if let only { try Check.name("--only", only, oneOf: Comparison.all.map(\.name)) }
  }

  /// The processor's name, the threads and the instruction set that the kernels use.
  private var machine: String {
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let name = lines.split(separator: "\n").first { $0.hasPrefix("model name") }?
      .split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    let instructions =
      switch ck_isa() {
      case CK_ISA_AVX512_BF16: "AVX-512 with bfloat16"
      case CK_ISA_AVX512: "AVX-512"
      case CK_ISA_AVX2: "AVX2"
      default: "no wide vectors"
      }
    return "\(name ?? "a processor"), \(Threads.count) threads, \(instructions)"
  }

  func work() throws {
    print(machine + "\n")
    let hasTorch =
      (try? Measurement.run([python, "-c", "import torch, diffusers, numpy, PIL"]))?.status == 0
    if !hasTorch {
      print("\(python) has no torch, diffusers, numpy and pillow: only our own times.\n")
    }
    let scratch = FileManager.default.temporaryDirectory
      .appendingPathComponent("inspector-benchmarks-\(ProcessInfo.processInfo.processIdentifier)")
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    for comparison in Comparison.all where only == nil || only == comparison.name {
      try comparison.measure(
        scratch: scratch.path, python: hasTorch ? python : nil, pairs: runs)
    }
  }
}

/// The same work done twice: by one of our commands and by a Python script.
struct Comparison: Sendable {
  let name: String
  /// What is compared, in a line.
  let summary: String
  /// Writes what both need into the scratch folder.
  let prepare: @Sendable (_ scratch: String) throws -> Void
  let ours: @Sendable (_ scratch: String) -> [String]
  /// A script beside this file and its arguments; nil where PyTorch has nothing like it.
  var script: String?
  var arguments: @Sendable (_ scratch: String) -> [String] = { _ in [] }

  func measure(scratch: String, python: String?, pairs: Int) throws {
    print("\(name): \(summary)")
    try prepare(scratch)
    let theirs = python.flatMap { python in
      script.map { [python, Self.source($0)] + arguments(scratch) }
    }
    var (own, other, ratios): ([Measurement], [Measurement], [Double]) = ([], [], [])
    for pair in 0...pairs {
      let a = try Self.succeed(ours(scratch))
      let b = try theirs.map(Self.succeed)
      // The first pair warms the file cache and is not counted.
      guard pair > 0 else { continue }
      own.append(a)
      guard let b else { continue }
      other.append(b)
      ratios.append(a.workSeconds / b.workSeconds)
    }
    Self.row("ours", own)
    guard !other.isEmpty else { return print() }
    Self.row("PyTorch", other)
    let (low, high) = (ratios.min() ?? .nan, ratios.max() ?? .nan)
    print(
      String(
        format: """
            ratio     %.2f of PyTorch's time (%.2f to %.2f over %d pairs), %.2f of its memory

          """, ratios.median, low, high, ratios.count,
        own.map(\.peakMegabytes).median / other.map(\.peakMegabytes).median))
  }

  private static func row(_ label: String, _ runs: [Measurement]) {
    let name = label.padding(toLength: 8, withPad: " ", startingAt: 0)
    print(
      String(
        format: "  %@  %.3f s (%.3f to %.3f), peak %.0f MB", name, runs.map(\.workSeconds).median,
        runs.map(\.workSeconds).min() ?? .nan, runs.map(\.workSeconds).max() ?? .nan,
        runs.map(\.peakMegabytes).median))
  }

  private static func succeed(_ command: [String]) throws -> Measurement {
    let run = try Measurement.run(command)
    guard run.status == 0 else {
      throw BenchmarkError.failed(command: command.joined(separator: " "), status: run.status)
    }
    return run
  }

  /// The path of a script that lies beside this file.
  private static func source(_ script: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(script).path
  }
}

extension Measurement {
  /// What the command says that its work took, or else the whole run.
  var workSeconds: Double { reported("seconds") ?? seconds }
}
