import Commands
import Imaging
import Pages
import Records
import Tensors

/// The table, pictures and arrays of `reverse-step`. Timesteps are 0-based; −1 is the picture.
struct ReverseStepFiles {
  let experiment: ReverseExperiment
  let beliefs: CSVTable?
  let pictures: StepPictures

  /// The frames of steps that were asked for.
  private var frames: [ReverseExperiment.Frame] {
    let asked = Set(experiment.ledgers.map(\.t))
    return experiment.frames.filter { asked.contains($0.ledger.t) }
  }

  func write(to output: RunOutput, tensors: Bool) throws {
    try output.write(table(experiment.ledgers), as: "ledger.csv")
    if let beliefs { try output.write(beliefs, as: "beliefs.csv") }
    if frames.count < experiment.frames.count {
      try output.write(table(experiment.frames.map(\.ledger)), as: "other-timesteps.csv")
    }
    for frame in frames {
      for (name, tensor) in arrays(of: frame) {
        let isNoise = name == "epsilon_hat" || name == "z"
        let picture = isNoise ? pictures.noise(tensor) : pictures.picture(of: tensor)
        try output.write(picture, as: "images/\(name)-\(padded(frame.ledger.t, to: 4)).png")
      }
    }
    guard tensors else { return }
    var all: [String: Tensor] = [:]
    for frame in frames {
      for (name, tensor) in arrays(of: frame) {
        all["\(name).\(padded(frame.ledger.t, to: 4))"] = tensor
      }
    }
    try output.write(all)
  }

  private func arrays(of frame: ReverseExperiment.Frame) -> [(name: String, tensor: Tensor)] {
    let step = frame.step
    let arrays = [
      ("x_t", step.current), ("epsilon_hat", step.predictedNoise),
      ("x0_hat", step.predictedOriginal),
      ("mean", step.mean), ("x_prev", step.next),
    ]
    return arrays + (step.noise.map { [("z", $0)] } ?? [])
  }

  private func table(_ ledgers: [Ledger]) -> CSVTable {
    CSVTable(
      ledgers,
      [
        Column("step", \.step), Column("t", \.t), Column("t_prev", \.previousT),
        Column("beta", \.beta), Column("alpha_cumprod", \.alphaCumprod),
        Column("alpha_cumprod_prev", \.previousAlphaCumprod),
        Column("coef_x0", \.originalCoefficient), Column("coef_xt", \.currentCoefficient),
        Column("posterior_variance", \.posteriorVariance), Column("sigma", \.sigma),
        Column("epsilon_mse", \.epsilonMSE), Column("x0_min", \.originalMin),
        Column("x0_max", \.originalMax), Column("clipped_fraction", \.clippedFraction),
        Column("mean_residual", \.meanResidual), Column("psnr_x0", \.originalPSNR),
      ])
  }
}
