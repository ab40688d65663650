import Commands
import Imaging
import LatentDiffusion
import Pages
import Records
import Tensors

/// The table, pictures and arrays of `text-to-image`. Steps are counted from 0, timesteps 0-based.
struct TextToImageFiles {
  private let experiment: TextToImageExperiment

  init(_ experiment: TextToImageExperiment) { self.experiment = experiment }

  func write(to output: RunOutput, tensors: Bool) throws {
    try output.write(steps, as: "steps.csv")
    try output.write(experiment.image, as: "image.png")
    for frame in experiment.frames {
      try output.write(
        frame.believed, as: "images/x0-\(padded(frame.step.number, to: 3)).png")
    }
    if tensors {
      try output.write(arrays)
    }
  }

  /// One row per step.
  private var steps: CSVTable {
    CSVTable(
      experiment.frames,
      [
        Column("step", \.step.number), Column("t") { CSVTable.Cell.timestep($0.step.t) },
        Column("sigma", \.step.sigma), Column("latent_mean", \.latent.mean),
        Column("latent_std", \.latent.std), Column("epsilon_norm", \.noiseNorm),
        Column("guidance_norm", \.guidanceNorm), Column("x0_std", \.originalStd),
        Column("seconds", \.step.seconds),
      ])
  }

  private var arrays: [String: Tensor] {
    let prompts = experiment.generation.prompts
    var arrays = [
      "text.conditional": prompts.conditional, "text.unconditional": prompts.unconditional,
      "z.final": experiment.finalLatent, "image": experiment.picture,
    ]
    for step in experiment.frames.map(\.step) {
      arrays["z.\(padded(step.number, to: 3))"] = step.latent
      arrays["epsilon.\(padded(step.number, to: 3))"] = step.predictedNoise
    }
    return arrays
  }
}
