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

  func write(to output: RunOutput, tensors: Bool, film: Bool) throws {
    try output.write(table(experiment.ledgers), as: "ledger.csv")
    if let beliefs { try output.write(beliefs, as: "beliefs.csv") }
    if frames.count < experiment.frames.count {
      try output.write(table(experiment.frames.map(\.ledger)), as: "other-timesteps.csv")
    }
    for frame in frames {
      let shown = arrays(of: frame).map { name, tensor in
        let isNoise = name == "epsilon_hat" || name == "z"
        return RunOutput.NamedPicture(
          isNoise ? pictures.noise(tensor) : pictures.picture(of: tensor),
          as: "images/\(name)-\(padded(frame.ledger.t, to: 4)).png")
      }
      try output.write(shown) { $0 }
    }
    try output.write(moving, film: film)
    guard tensors else { return }
    var all: [String: Tensor] = [:]
    for frame in frames {
      for (name, tensor) in arrays(of: frame) {
        all["\(name).\(padded(frame.ledger.t, to: 4))"] = tensor
      }
    }
    try output.write(all)
  }

  /// The terms of each step that the page shows, the noisiest first.
  private var moving: MovingPictures {
    let steps = experiment.frames
    let names = ["x_t", "eps hat", "x0 hat", "mean", "z", "x_t-1"]
    return MovingPictures(
      names, labels: steps.map { "t = \($0.ledger.t)" }, filmed: [0, 2]
    ) { name, index in
      let step = steps[index].step
      let side = MovingPictures.side
      return switch name {
      case 0: pictures.picture(of: step.current).thinned(to: side)
      case 1: pictures.noise(step.predictedNoise).thinned(to: side)
      case 2: pictures.picture(of: step.predictedOriginal).shrunk(to: side)
      case 3: pictures.picture(of: step.mean).thinned(to: side)
      case 4: pictures.noise(step.noise ?? .zeros(step.mean.shape)).thinned(to: side)
      default: pictures.picture(of: step.next).thinned(to: side)
      }
    }
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
