import Checkpoints
import Commands
import Imaging
import LatentDiffusion
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
    var table = CSVTable(columns: [
      "step", "t", "sigma", "latent_mean", "latent_std", "epsilon_norm", "guidance_norm", "x0_std",
      "seconds",
    ])
    for frame in experiment.frames {
      table.append([
        .integer(frame.step.number), timestep(frame.step.t), .double(frame.step.sigma),
        .double(frame.latent.mean), .double(frame.latent.std), .double(frame.noiseNorm),
        .double(frame.guidanceNorm), .double(frame.originalStd), .double(frame.step.seconds),
      ])
    }
    return table
  }

  /// Some samplers stop between two timesteps.
  private func timestep(_ t: Double) -> CSVTable.Cell {
    t == t.rounded() ? .integer(Int(t)) : .double(t)
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
