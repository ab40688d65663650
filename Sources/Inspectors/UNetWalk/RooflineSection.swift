import Foundation
import Networks
import Pages
import Records

// What `--roofline` adds to the page and to the folder.

extension Roofline {
  /// Of `roofline.csv`, and on the page of the layers that take longest.
  static var columns: [Column<Layer>] {
    [
      Column("path", \.path).shown(as: "layer") { .prose("\(code: $0.path)") },
      Column("kind", \.kind.rawValue).shown(as: "class"),
      Column("flops", \.flops), Column("bytes", \.bytes),
      Column("seconds", \.seconds).shown(as: "ms") { .number(1000 * $0.seconds, .decimals(2)) },
      Column("intensity", \.intensity).shown(as: "FLOP per byte") {
        .number($0.intensity, .decimals(1))
      },
      Column("flops_per_second", \.speed).shown(as: "GFLOP/s") {
        .number($0.speed / 1e9, .decimals(1))
      },
      Column("attainable_flops_per_second", \.attainable).shown(as: "attainable") {
        .number($0.attainable / 1e9, .decimals(1))
      },
      Column("share", \.share).shown(as: "reached") { .number(100 * $0.share, .decimals(0)) },
    ]
  }

  private static let shown = 12

  var section: Section {
    Section("What the machine could do") {
      Text(
        """
        A layer can be no faster than the processor computes, and no faster than memory brings its \
        numbers: the roof. Measured here: \(machine.peak / 1e9, .decimals(0)) GFLOP/s, and \
        \(machine.bandwidth / 1e9, .decimals(1)) GB/s. To the left of the bend, at \
        \(machine.peak / machine.bandwidth, .decimals(1)) operations a byte, memory is the limit; to its \
        right the processor. All layers together reach \(speed / 1e9, .decimals(0)) GFLOP/s.
        """)
      Chart(
        "Operations a second", x: .log("operations for each byte"), y: .log("GFLOP/s"),
        curves: [roof] + kinds)
      Text(
        """
        Operations are counted directly. A 3×3 convolution that computes with fewer products (Winograd) \
        can therefore lie above the roof; and numbers that are still in a cache need not come from memory.
        """)
      Table(
        "The layers that take longest; attainable in GFLOP/s, reached in per cent of it",
        layers.sorted { $0.seconds > $1.seconds }.prefix(Self.shown), Self.columns)
    }
  }

  private var roof: Curve {
    let ends = layers.map(\.intensity)
    let (low, high) = (Foundation.log(ends.min() ?? 1) - 0.5, Foundation.log(ends.max() ?? 1) + 0.5)
    let x = (0...64).map { exp(low + (high - low) * Double($0) / 64) }
    return Curve(
      of: Quantity("\"roof\"", "what the machine allows", .neutral), x: x,
      y: x.map { machine.attainable(intensity: $0) / 1e9 })
  }

  private var kinds: [Curve] {
    let ideas: [(LayerKind, Idea)] = [
      (.convolution, .signal), (.linear, .condition), (.attentionProduct, .prediction),
    ]
    return ideas.compactMap { kind, idea -> Curve? in
      let own = layers.filter { $0.kind == kind }
      guard !own.isEmpty else { return nil }
      let name: String = "\"\(kind.rawValue)\""
      return Curve(
        of: Quantity(Math(name), "layers of this class", idea),
        x: own.map(\.intensity), y: own.map { $0.speed / 1e9 }, style: .points)
    }
  }
}
