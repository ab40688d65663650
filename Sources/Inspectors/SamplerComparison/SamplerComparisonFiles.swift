import Commands
import Diffusion
import Foundation
import Imaging
import Pages
import Records
import Tensors

/// The tables, pictures and arrays of `sampler-comparison`. Steps are counted from 0, timesteps
/// 0-based.
struct SamplerComparisonFiles {
  let results: Results
  let pictures: Results.Drawn

  init(_ results: Results, pictures: Results.Drawn) {
    (self.results, self.pictures) = (results, pictures)
  }

  func write(to output: RunOutput, tensors: Bool) throws {
    let plane = results.plane
    try output.write(CSVTable(results.latent.rows, Self.comparison), as: "comparison.csv")
    try output.write(CSVTable(plane.convergence.rows, Self.convergence), as: "convergence.csv")
    try output.write(CSVTable(plane.convergence.orders, Self.orders), as: "orders.csv")
    try output.write(CSVTable(plane.eta.rows, Self.eta), as: "eta.csv")
    try output.write(CSVTable(results.guidance.latent, Self.guidance), as: "guidance.csv")
    try output.write(CSVTable(plmsRows, Self.plms), as: "plms.csv")
    try output.write(
      CSVTable(plane.preconditioning.rows, Self.preconditioning), as: "preconditioning.csv")
    try write(to: output)
    guard tensors else { return }
    var arrays = ["reference": results.latent.cleanReference]
    for row in results.latent.rows { arrays[Self.name(of: row.walk, "z")] = row.walk.end }
    try output.write(arrays)
  }

  private func write(to output: RunOutput) throws {
    try output.write(pictures.reference, as: "images/reference.png")
    for (row, image) in zip(results.latent.rows, pictures.rows) {
      try output.write(image, as: "images/\(Self.name(of: row.walk, "")).png")
    }
    for (walk, image) in zip(results.eta, pictures.eta) {
      try output.write(image, as: "images/eta-\(padded(Int(walk.eta * 100), to: 3)).png")
    }
    for (row, image) in zip(results.guidance.latent, pictures.guidance) {
      guard let image else { continue }
      try output.write(
        image, as: "images/guidance-\(Self.plain(row.sampler))-\(Values.text(row.scale)).png")
    }
  }

  /// A sampler's name without signs that mean something in addresses.
  private static func plain(_ name: SamplerName) -> String {
    name.rawValue.replacing("+", with: "p")
  }

  private static func name(of walk: LatentStudy.Walk, _ prefix: String) -> String {
    (prefix.isEmpty ? "" : prefix + ".") + "\(plain(walk.sampler))-\(padded(walk.steps, to: 4))"
  }
}

// MARK: - The columns

extension SamplerComparisonFiles {
  static var comparison: [Column<LatentStudy.Row>] {
    [
      Column<LatentStudy.Row>("sampler", \.walk.sampler.rawValue).shown(as: "sampler"),
      Column<LatentStudy.Row>("steps", \.walk.steps).shown(as: "steps"),
      Column<LatentStudy.Row>("model_calls", \.walk.modelCalls).shown(as: "calls of the model"),
      Column<LatentStudy.Row>("seconds", \.walk.seconds).shown(as: "seconds", .decimals(3)),
      Column<LatentStudy.Row>("distance_to_reference", \.distance)
        .shown(as: "distance to the reference", .decimals(4)),
      Column<LatentStudy.Row>("order", \.order)
        .shown(as: "order since fewer steps", .decimals(2)),
    ]
  }

  static var convergence: [Column<ConvergenceStudy.Row>] {
    [
      Column("grid", \.grid.rawValue), Column("sampler", \.sampler.rawValue),
      Column("steps", \.steps), Column("model_calls", \.modelCalls),
      Column("distance_to_exact", \.distanceToExact),
      Column("distance_to_finest", \.distanceToFinest),
    ]
  }

  static var orders: [Column<ConvergenceStudy.Order>] {
    [
      Column("grid", \.grid.rawValue), Column("sampler", \.sampler.rawValue),
      Column("promised", \.sampler.promisedOrder), Column("order", \.fit.order),
      Column("standard_error", \.fit.standardError),
      Column("low") { $0.fit.order - $0.fit.halfWidth },
      Column("high") { $0.fit.order + $0.fit.halfWidth },
      Column("fewest_steps") { $0.steps.first ?? 0 }, Column("most_steps") { $0.steps.last ?? 0 },
    ]
  }

  static var eta: [Column<EtaStudy.Row>] {
    [
      Column("eta", \.eta), Column("steps", \.steps),
      Column("distance_to_exact", \.distanceToExact), Column("energy_distance", \.energyDistance),
    ]
  }

  static var preconditioning: [Column<PreconditioningStudy.Row>] {
    [
      Column("network", \.name), Column("t", \.t), Column("sigma", \.sigma),
      Column("c_skip", \.skip), Column("c_out", \.output), Column("c_in", \.input),
      Column("c_noise", \.condition), Column("input_size", \.inputSize),
      Column("target_size", \.targetSize),
    ]
  }

  static var guidance: [Column<GuidanceStudy.LatentRow>] {
    [
      Column<GuidanceStudy.LatentRow>("sampler", \.sampler.rawValue).shown(as: "sampler"),
      Column<GuidanceStudy.LatentRow>("guidance_scale", \.scale).shown(as: "s"),
      Column<GuidanceStudy.LatentRow>("steps", \.steps).shown(as: "steps"),
      Column<GuidanceStudy.LatentRow>("model_calls", \.modelCalls).shown(as: "calls"),
      Column<GuidanceStudy.LatentRow>("unet_passes", \.passes).shown(as: "passes of the U-Net"),
      Column<GuidanceStudy.LatentRow>("seconds", \.seconds).shown(as: "seconds", .decimals(3)),
      Column<GuidanceStudy.LatentRow>("latent_size", \.size)
        .shown(as: "size of the last latent", .decimals(3)),
    ]
  }

  /// A step of PLMS at one scale.
  struct PLMSRow {
    let scale: Double
    let step: PLMSStep
  }

  private var plmsRows: [PLMSRow] {
    results.guidance.plms.flatMap { scale, steps in
      steps.map { PLMSRow(scale: scale, step: $0) }
    }
  }

  static var plms: [Column<PLMSRow>] {
    [
      Column("guidance_scale", \.scale), Column("step", \.step.index),
      Column("t") { CSVTable.Cell.timestep($0.step.t) },
    ]
      + (0..<4).map { k in
        Column("b_\(k)") { $0.step.weights.indices.contains(k) ? $0.step.weights[k] : nil }
      } + [
        Column("amplification", \.step.amplification), Column("answer", \.step.answer),
      ]
  }
}
