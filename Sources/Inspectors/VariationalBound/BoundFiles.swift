import Commands
import Diffusion
import Foundation
import Imaging
import Pages
import Records
import Tensors

/// The tables, pictures and arrays of `variational-bound`. Timesteps are 0-based.
struct BoundFiles {
  private let study: BoundStudy

  init(_ study: BoundStudy) { self.study = study }

  func write(to output: RunOutput, tensors: Bool) throws {
    for (index, found) in study.found.enumerated() {
      let name = index == 0 ? "terms.csv" : "terms-\(found.name).csv"
      try output.write(CSVTable(found.profile.steps, Self.termColumns), as: name)
    }
    try output.write(CSVTable(study.found, Self.boundColumns(study)), as: "bound.csv")
    let lines = BoundDerivation(study.found[0].profile).lines
    try output.write(
      CSVTable(
        lines.flatMap { line in line.parts.map { (line.equation, $0.part, $0.bits) } },
        Self.lineColumns), as: "derivation.csv")
    if let report = study.report {
      try output.write(CSVTable(report.rows, BoundReport.columns), as: "report.csv")
      for (model, sheet) in report.samples {
        try output.write(sheet, as: "images/\(BoundReport.sheetName(model))")
      }
    }
    try writePictures(to: output)
    if tensors { try output.write(arrays) }
  }

  static var termColumns: [Column<BoundProfile.Step>] {
    [
      Column("t", \.t), Column("l_t_bits", \.bits), Column("weight", \.weight),
      Column("epsilon_mse", \.noiseError), Column("x0_mse", \.originalError),
      Column("rate_bits", \.rate), Column("distortion_rmse", \.distortion),
    ]
  }

  /// A row for each predictor; shown where it has a heading.
  static func boundColumns(_ study: BoundStudy) -> [Column<BoundStudy.Found>] {
    let bits = NumberFormat.automatic
    return [
      Column("model", \.name).shown(as: "predictor"),
      Column("prior_bits", \.profile.prior).shown(as: "L_T", bits),
      Column("chain_bits", \.profile.chain).shown(as: "Σ L_{t−1}", bits),
      Column("decoder_bits", \.profile.decoder).shown(as: "L_0", bits),
      Column("bits_per_dim", \.profile.total).shown(as: "L in bits per dimension", bits),
      Column("entropy_bits") { _ in study.entropy?.bits },
      Column("pictures") { _ in study.originals.shape[0] },
      Column("timesteps_measured") { $0.profile.measured.count },
      Column("bend_t", \.profile.bend),
    ]
  }

  static var lineColumns: [Column<(Int, BoundDerivation.Part, Double)>] {
    [Column("equation", \.0), Column("part", \.1.rawValue), Column("bits", \.2)]
  }

  private func writePictures(to output: RunOutput) throws {
    try output.write(Image(study.originals.rows(0..<1)), as: "images/x0.png", madeBy: .analytic)
    for (index, found) in study.found.enumerated() {
      let suffix = index == 0 ? "" : "-\(found.name)"
      for frame in found.experiment.frames {
        let t = padded(frame.t, to: 4)
        try output.write(Image(frame.predictedOriginal), as: "images/x0_hat\(suffix)-\(t).png")
        try output.write(
          Image(frame.predictedNoise.scaled(by: 1 / 3)), as: "images/epsilon_hat\(suffix)-\(t).png")
        guard index == 0 else { continue }
        try output.write(Image(frame.noisy), as: "images/x_t-\(t).png", madeBy: .analytic)
      }
    }
  }

  private var arrays: [String: Tensor] {
    var arrays = ["x0": study.originals]
    for frame in study.found[0].experiment.frames {
      let t = padded(frame.t, to: 4)
      arrays["x_t.\(t)"] = frame.noisy
      arrays["epsilon.\(t)"] = frame.noise
      arrays["epsilon_hat.\(t)"] = frame.predictedNoise
      arrays["x0_hat.\(t)"] = frame.predictedOriginal
    }
    return arrays
  }
}
