import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite("What a checkpoint's numbers are like") struct StatisticsTests {
  private static let folder = Repository.path("fixtures/golden/weight-files")

  /// A golden table's cells by row and column; empty cells are left out.
  private func golden(_ name: String) throws -> [[String: Double]] {
    let text = try String(contentsOfFile: "\(Self.folder)/\(name)", encoding: .utf8)
    let rows = text.split(whereSeparator: \.isNewline).map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    return rows.dropFirst().map { row in
      Dictionary(
        uniqueKeysWithValues: zip(rows[0], row).compactMap { key, cell in
          Double(cell).map { (key, $0) }
        })
    }
  }

  @Test("are NumPy's in float64, with NaN and infinities counted apart")
  func agreesWithNumPy() throws {
    let listing = try WeightListing("\(Self.folder)/numbers.safetensors")
    let rows = try golden("statistics.csv")
    #expect(rows.count == listing.tensors.count)
    for ((tensor, numbers), row) in zip(zip(listing.tensors, try listing.statistics()), rows) {
      let found = try #require(numbers)
      #expect(found.zeroShare == row["zeros"] && found.notFiniteShare == row["nonfinite"])
      #expect(found.min.map(Double.init) == row["min"] && found.max.map(Double.init) == row["max"])
      guard let mean = row["mean"], let std = row["std"] else {
        #expect(found.mean == nil && found.std == nil)
        continue
      }
      #expect(abs((found.mean ?? 9) - mean) <= 1e-13 * max(abs(mean), 1), "\(tensor.name)")
      #expect(abs((found.std ?? 9) - std) <= 1e-12 * std, "\(tensor.name)")
    }
  }

  @Test("differences are NumPy's, whatever the formats")
  func differences() throws {
    let one = try WeightListing("\(Self.folder)/numbers.safetensors")
    let other = try WeightListing("\(Self.folder)/changed.safetensors")
    let pairs = ["down.0.weight", "mid.half", "odd"].compactMap { name in
      one.tensors.first { $0.name == name }.flatMap { a in
        other.tensors.first { $0.name == name }.map { (a, $0) }
      }
    }
    #expect(pairs.count == 3 && pairs[1].0.type == "F16" && pairs[1].1.type == "F32")
    for (difference, row) in zip(
      try WeightListing.differences(pairs), try golden("differences.csv"))
    {
      let found = try #require(difference)
      #expect(abs(Double(found.max) - (row["max"] ?? 9)) < 1e-8)
      #expect(abs(found.rms - (row["rms"] ?? 9)) < 1e-12)
      #expect(abs(found.relative - (row["relative"] ?? 9)) < 1e-12)
    }
  }

  @Test("pieces together are the whole, wherever they are cut")
  func merged() throws {
    let listing = try WeightListing("\(Self.folder)/numbers.safetensors")
    let all = try listing.statistics().compactMap { $0 }
    var (one, other) = (TensorStatistics(), TensorStatistics())
    for part in all { one.merge(part) }
    for part in all.reversed() { other.merge(part) }
    #expect(one.count == other.count && one.min == other.min && one.zeros == other.zeros)
    #expect(abs((one.std ?? 0) - (other.std ?? 1)) < 1e-9 * (one.std ?? 0))
  }
}
