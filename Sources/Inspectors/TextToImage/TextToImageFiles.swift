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

  func write(to output: RunOutput, tensors: Bool, film: Bool) throws {
    try output.write(steps, as: "steps.csv")
    try output.write(moving, film: film, with: pictures)
    if tensors {
      try output.write(arrays)
    }
  }

  /// The finished picture, and what the model believed in at each step.
  private var pictures: [RunOutput.NamedPicture] {
    [.init(experiment.image, as: "image.png")]
      + experiment.frames.map {
        .init($0.believed, as: "images/x0-\(padded($0.step.number, to: 3)).png")
      }
  }

  /// The latent, every channel in one range of colours for all steps, and the picture behind it.
  private var moving: MovingPictures {
    let frames = experiment.frames
    let inputs = frames.map { $0.step.denoising.evaluations[0].input }
    let range = 3 * Float(inputs.map { $0.moments.std }.max() ?? 1)
    return MovingPictures(
      ["z_t", "x0 hat"], labels: frames.map { "step \($0.step.number), t=\(Int($0.step.t))" }
    ) { name, step in
      let believed = frames[step].believed.shrunk(to: MovingPictures.side)
      return name == 1
        ? believed
        : LatentPictures.image(
          of: inputs[step], range: range, side: max(believed.width, believed.height))
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
