import Commands
import Evaluation
import Imaging
import Pages
import Records
import Tensors

/// The tables, pictures and arrays of `guidance-sweep`. Steps are counted from 0, timesteps 0-based.
struct GuidanceSweepFiles {
  private let result: SweepResult

  init(_ result: SweepResult) { self.result = result }

  func write(to output: RunOutput, tensors: Bool) throws {
    try output.write(steps, as: "steps.csv")
    try output.write(CSVTable(result.seeds.rows, Self.scaleColumns), as: "scales.csv")
    try output.write(CSVTable(result.remedies.all, Self.remedyColumns), as: "remedies.csv")
    try output.write(mixture, as: "mixture.csv")
    if let measured = result.measured { try output.write(measured.table, as: "trade_off.csv") }
    for walk in result.sweep.walks {
      try output.write(walk.image, as: "images/scale-\(Values.text(walk.scale)).png")
    }
    for row in result.seeds.rows {
      try output.write(
        Image.grid(Image.batch(row.pictures), columns: row.pictures.shape[0]),
        as: "images/noises-\(Values.text(row.scale)).png")
    }
    for (number, trial) in result.remedies.all.enumerated() {
      try output.write(trial.walk.image, as: "images/remedy-\(number).png")
    }
    if tensors { try output.write(arrays) }
  }

  private typealias Step = (scale: Double, frame: SweepExperiment.Frame)

  /// One row for each scale and step.
  private var steps: CSVTable {
    let rows: [Step] = result.sweep.walks.flatMap { walk in
      walk.frames.map { (walk.scale, $0) }
    }
    return CSVTable(
      rows,
      [
        Column("guidance_scale", \.scale), Column("w") { $0.scale - 1 },
        Column("step", \.frame.number), Column("t") { CSVTable.Cell.timestep($0.frame.t) },
        Column("sigma", \.frame.sigma), Column("guided") { $0.frame.isGuided ? 1 : 0 },
        Column("epsilon_u_norm", \.frame.unconditional.norm),
        Column("epsilon_c_norm", \.frame.conditional.norm),
        Column("epsilon_norm", \.frame.guided.norm),
        Column("difference_norm", \.frame.direction.norm), Column("angle_degrees", \.frame.angle),
        Column("clipped", \.frame.saturation.clipped),
        Column("colourfulness", \.frame.saturation.colourfulness),
      ])
  }

  /// Of `scales.csv` and of the page.
  static var scaleColumns: [Column<SeedPictures.Row>] {
    [
      Column("guidance_scale", \.scale).shown(as: "s") { .typed($0.scale) },
      Column("w") { $0.scale - 1 }.shown(as: "w = s − 1") { .typed($0.scale - 1) },
      Column("pictures", \.pictures.shape[0]).shown(as: "pictures"),
      Column("clipped", \.saturation.clipped).shown(as: "clipped", .percent(1)),
      Column("colourfulness", \.saturation.colourfulness).shown(as: "colourfulness", .decimals(1)),
      Column("diversity", \.diversity).shown(as: "diversity", .decimals(3)),
    ]
  }

  /// Of `remedies.csv` and of the page.
  static var remedyColumns: [Column<Remedies.Trial>] {
    [
      Column("remedy", \.name).shown(as: ""),
      Column("guidance_scale", \.walk.scale).shown(as: "s") { .typed($0.walk.scale) },
      Column("rescale", \.refinements.rescale),
      Column("sigma_low", \.refinements.interval?.low),
      Column("sigma_high", \.refinements.interval?.high),
      Column("guided_steps", \.guidedSteps).shown(as: "guided steps"),
      Column("clipped", \.saturation.clipped).shown(as: "clipped", .percent(1)),
      Column("colourfulness", \.saturation.colourfulness).shown(as: "colourfulness", .decimals(1)),
    ]
  }

  private typealias Level = (
    guidance: String, scale: Double, snapshot: MixtureExperiment.Snapshot
  )

  /// One row for each way to guide, scale and noise level.
  private var mixture: CSVTable {
    let ways = [("everywhere", result.mixture.walks), ("interval", result.mixture.limited)]
    let rows: [Level] = ways.flatMap { name, walks in
      walks.flatMap { walk in walk.snapshots.map { (name, walk.scale, $0) } }
    }
    return CSVTable(
      rows,
      [
        Column("guidance", \.guidance), Column("guidance_scale", \.scale),
        Column("w") { $0.scale - 1 },
        Column("t") { CSVTable.Cell.timestep($0.snapshot.level.t) },
        Column("alpha_cumprod", \.snapshot.level.alphaCumprod),
        Column("wasserstein", \.snapshot.wasserstein),
        Column("total_variation", \.snapshot.totalVariation),
      ])
  }

  private var arrays: [String: Tensor] {
    var arrays: [String: Tensor] = [:]
    for walk in result.sweep.walks {
      let scale = Values.text(walk.scale)
      arrays["image.\(scale)"] = walk.picture
      for frame in walk.frames {
        let place = "\(scale).\(padded(frame.number, to: 3))"
        arrays["z.\(place)"] = frame.latent
        arrays["epsilon_u.\(place)"] = frame.unconditional
        arrays["epsilon_c.\(place)"] = frame.conditional
        arrays["epsilon.\(place)"] = frame.guided
      }
    }
    return arrays
  }
}

extension Remedies {
  /// The remedies, then the walks without and with the negative prompt.
  var all: [Trial] { trials + negative }
}

extension Table.Cell {
  /// A number as a person types it: 7.5, 12.
  static func typed(_ number: Double) -> Self { .prose(Prose(Values.text(number))) }
}
