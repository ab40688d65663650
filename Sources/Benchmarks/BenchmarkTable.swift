import CKernels
import Foundation
import Records
import Tensors

/// Where times were measured: only times of the same place can be compared.
struct Machine: Equatable {
  let processor: String
  let threads: Int
  let instructions: String

  /// This one.
  static var current: Machine {
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
    return Machine(
      processor: name ?? "a processor", threads: Threads.count, instructions: instructions)
  }

  /// As a person reads it.
  var text: String { "\(processor), \(threads) threads, \(instructions)" }
}

/// The file that keeps what was measured, on several machines.
///
/// New rows take the place of those of the same work on the same machine; all others stay.
struct BenchmarkTable {
  static let columns = [
    "name", "engine", "seconds_median", "seconds_min", "seconds_max", "gflop_per_second", "peak_mb",
    "ratio_median", "ratio_min", "ratio_max", "pairs", "machine", "threads", "instructions",
  ]
  private var rows: [[CSVTable.Cell]] = []

  /// What the file holds, or nothing where there is none yet.
  /// - Throws: `FileError` or `TableError` for a file that is no such table.
  init(_ path: String) throws {
    guard FileManager.default.fileExists(atPath: path) else { return }
    let file = try TableFile(path, expecting: "a table of benchmarks")
    let texts = try Self.columns.map { try file.texts($0) }
    rows = file.rows.map { row in texts.map { .text($0[row]) } }
  }

  /// Takes in what one comparison found.
  mutating func replace(_ new: [BenchmarkRow], on machine: Machine) {
    let place: [CSVTable.Cell] = [
      .text(machine.processor), .text(String(machine.threads)), .text(machine.instructions),
    ]
    let names = Set(new.map(\.name))
    rows.removeAll { row in
      guard case .text(let name) = row[0] else { return false }
      return names.contains(name) && Array(row.suffix(3)) == place
    }
    rows += new.map { $0.cells + place }
  }

  /// - Throws: `FileError.notWritable`.
  func write(to path: String) throws {
    var table = CSVTable(columns: Self.columns)
    for row in rows { table.append(row) }
    try CSVTable.write([table], to: path)
  }
}

extension BenchmarkRow {
  /// All but the machine; nothing stands where there is nothing to say.
  fileprivate var cells: [CSVTable.Cell] {
    func cell(_ value: Double?, _ format: String = "%.4g") -> CSVTable.Cell {
      .text(value.map { String(format: format, $0) } ?? "")
    }
    let rate = flops.map { $0 / seconds.median / 1e9 }
    return [
      .text(name), .text(engine.rawValue), cell(seconds.median), cell(seconds.least),
      cell(seconds.most), cell(rate, "%.1f"), cell(flops == nil ? peakMegabytes : nil, "%.0f"),
      cell(ratio?.median, "%.3f"), cell(ratio?.least, "%.3f"), cell(ratio?.most, "%.3f"),
      .text(String(pairs)),
    ]
  }
}
