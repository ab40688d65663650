import Checkpoints
import Commands
import Imaging
import Pages
import Records

/// The tables of `checkpoint` and the picture of its modules.
struct CheckpointFiles {
  let contents: Contents
  let comparison: Comparison?

  init(_ contents: Contents, _ comparison: Comparison?) {
    (self.contents, self.comparison) = (contents, comparison)
  }

  func write(to output: RunOutput) throws {
    try output.write(CSVTable(contents.entries, Self.tensorColumns), as: "tensors.csv")
    if let comparison {
      try output.write(CSVTable(comparison.entries, Self.differenceColumns), as: "differences.csv")
    }
    try output.write(Treemap(contents).image(width: 640, height: 360), as: "images/modules.png")
  }

  /// `zeros` and `nonfinite` are shares of the tensor's numbers; the statistics are those of its finite
  /// numbers, and empty where none was read.
  private static var tensorColumns: [Column<Contents.Entry>] {
    [
      Column("name", \.tensor.name), Column("module", \.module),
      Column("shape", \.tensor.shapeText),
      Column("type", \.tensor.type), Column("bytes", \.tensor.byteCount),
      Column("mean", \.statistics?.mean), Column("std", \.statistics?.std),
      Column("min", \.statistics?.min), Column("max", \.statistics?.max),
      Column("zeros", \.statistics?.zeroShare), Column("nonfinite", \.statistics?.notFiniteShare),
    ]
  }

  /// `max` and `rms` are those of b − a, `relative` is the rms by that of a, `differing` the share of
  /// numbers that differ.
  private static var differenceColumns: [Column<Comparison.Entry>] {
    [
      Column("name", \.name), Column("module", \.module),
      Column("shape") { ($0.one ?? $0.other)?.shapeText ?? "" },
      Column("type", \.one?.type), Column("type_against", \.other?.type),
      Column("status", \.status.rawValue), Column("differing", \.difference?.share),
      Column("max", \.difference?.max), Column("rms", \.difference?.rms),
      Column("relative", \.difference?.relative),
    ]
  }
}

extension ListedTensor {
  /// As `320x4x3x3`; empty for a single number, and where it is not known.
  var shapeText: String { (shape ?? []).map(String.init).joined(separator: "x") }
}
