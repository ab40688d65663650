import Commands
import Imaging
import Networks
import Pages
import Records
import Tensors

/// The table, pictures and arrays of `unet-walk`.
struct UNetWalkFiles {
  let walk: WalkExperiment
  let input: WalkInput
  let roofline: Roofline?
  let sizes: SizeStudy?

  func write(to output: RunOutput, tensors: Bool) throws {
    try output.write(CSVTable(walk.layers, Self.columns), as: "walk.csv")
    if let roofline {
      try output.write(CSVTable(roofline.layers, Roofline.columns), as: "roofline.csv")
    }
    if let sizes {
      try output.write(CSVTable(sizes.points, sizes.columns), as: "sizes.csv")
    }
    try output.write(walk.stops) { stop in
      let sheet = Image.grid(Self.pictures(of: stop), columns: WalkExperiment.channelCount)
      return .init(sheet, as: "images/\(stop.layer.record.path).png")
    }
    if let scene = input.scene {
      try output.write(Image(scene.picture), as: "images/x_0.png", madeBy: .analytic)
    }
    try output.write(input.mosaic, as: "images/z_t.png", madeBy: .analytic)
    guard tensors else { return }
    var arrays = ["output": walk.output, "z_t": input.sample]
    if let scene = input.scene { arrays["z_0"] = scene.latent }
    for stop in walk.stops { arrays[stop.layer.record.path] = stop.channels }
    try output.write(arrays)
  }

  /// Each kept channel with zero at white, over the range of its own largest magnitude.
  static func pictures(of stop: WalkExperiment.Stop) -> [Image] {
    let shape = stop.channels.shape
    return (0..<shape[0]).map { channel in
      let map = stop.channels.rows(channel..<channel + 1).reshaped([shape[1], shape[2]])
      return ColorMap.balance.image(of: map, range: ColorMap.symmetricRange(of: map))
    }
  }

  /// One row for each layer, in the order in which they begin; a layer that holds others counts
  /// them in.
  /// Of `walk.csv`, and on the page of what it stops at.
  static var columns: [Column<WalkExperiment.Layer>] {
    [
      Column("order", \.record.order),
      Column("path", \.record.path).shown(as: "layer") { .prose("\(code: $0.record.path)") },
      Column("kind", \.record.kind.rawValue).shown(as: "class"),
      Column("input_shape") { text($0.record.inputShape) },
      Column("output_shape") { text($0.record.outputShape) }.shown(as: "output"),
      Column("parameters", \.record.parameters).shown(as: "parameters"),
      Column("flops", \.record.flops).shown(as: "MFLOP") {
        .number(Double($0.record.flops) / 1e6, .decimals(1))
      },
      Column("seconds", \.record.seconds), Column("mean", \.output.mean),
      Column("std", \.output.std).shown(as: "std"), Column("min", \.output.min),
      Column("max", \.output.max),
    ]
  }

  static func text(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: "×") }
}
