import Foundation
import Networks
import Pages
import Records

// What `--sizes` adds to the page and to the folder.

extension SizeStudy {
  /// Of `sizes.csv`, and on the page.
  var columns: [Column<Point>] {
    func rate(_ kind: LayerKind, _ name: String) -> Column<Point> {
      Column(name) { point in
        point.parts[kind].map { Double($0.flops) / max($0.seconds, 1e-9) / 1e9 } ?? .nan
      }
    }
    return [
      Column("extent", \.extent.rawValue).shown(as: "grows"),
      Column("side", \.size.side).shown(as: "side"),
      Column("batch", \.size.batch).shown(as: "batch"),
      Column("tokens", \.size.tokens).shown(as: "tokens"),
      Column("flops", \.flops).shown(as: "GFLOP") {
        .number(Double($0.flops) / 1e9, .decimals(1))
      },
      Column("seconds", \.seconds).shown(as: "seconds", .decimals(3)),
      Column("expected_seconds") { expectedSeconds($0) }.shown(as: "by operations", .decimals(3)),
      Column("attention_share") { $0.share(of: .attentionProduct) }
        .shown(as: "attention, % of operations") {
          .number(100 * $0.share(of: .attentionProduct), .decimals(0))
        },
      rate(.convolution, "convolution_gflop_per_second")
        .shown(as: "convolutions, GFLOP/s", .decimals(0)),
      rate(.linear, "linear_gflop_per_second").shown(as: "linear layers, GFLOP/s", .decimals(0)),
      rate(.attentionProduct, "attention_gflop_per_second")
        .shown(as: "attention, GFLOP/s", .decimals(0)),
    ]
  }

  var section: Section {
    let names: [(Extent, Prose)] = [
      (.side, "side of the latent"), (.batch, "latents in a batch"), (.tokens, "words of a prompt"),
    ]
    let charts = names.compactMap { extent, label in chart(extent, label) }
    return Section("What size costs") {
      Text(
        """
        The solid line is measured; the dashed one is what the operations would take at the speed of the \
        usual size, \(Double(usual.flops) / usual.seconds / 1e9, .decimals(0)) GFLOP/s. Where they part, \
        layers do not keep that speed.
        """)
      charts
      Text(reasons)
      Table("Every size; operations are counted directly", points, columns)
    }
  }

  private func chart(_ extent: Extent, _ label: Prose) -> Chart? {
    let own = points.filter { $0.extent == extent }
    guard own.count > 1 else { return nil }
    let x = own.map { Double($0.value) }
    return Chart(
      "Time against the \(label)", x: .log2(label), y: .log("seconds"),
      curves: [
        Curve(of: Self.measured, x: x, y: own.map(\.seconds)),
        Curve(of: Self.counted, x: x, y: own.map(expectedSeconds), style: .dashed),
      ])
  }

  private static let measured = Quantity("\"measured\"", "time of a pass", .prediction)
  private static let counted = Quantity(
    "\"by operations\"", "operations at the speed of the usual size", .neutral)

  /// Why time is not in proportion to operations, with the figures of this run.
  private var reasons: Prose {
    let sides = points.filter { $0.extent == .side }
    guard let least = sides.first, let most = sides.last else { return "" }
    let before = 100 * least.share(of: .attentionProduct)
    let after = 100 * most.share(of: .attentionProduct)
    let ratios = [most, least].map { $0.seconds / expectedSeconds($0) }
    return """
      Attention between the pixels of a latent grows with the square of their number: it has \
      \(before, .decimals(0)) % of the operations at a side of \(least.size.side), and \
      \(after, .decimals(0)) % at \(most.size.side). A 3×3 convolution makes do with fewer products than \
      are counted, attention does not: that makes large latents dearer than their operations say. Every \
      weight is fetched from memory and prepared once a pass, for few pixels or for many: that makes small \
      ones dearer, and a batch shares it among its latents. Together, a pass takes \
      \(ratios[0], .decimals(2)) times what its operations say at the largest side, and \
      \(ratios[1], .decimals(2)) times at the smallest.
      """
  }
}
