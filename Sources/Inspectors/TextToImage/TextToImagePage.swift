import Commands
import Diffusion
import Foundation
import Imaging
import LatentDiffusion
import Networks
import Pages
import Tensors

/// The page of `text-to-image`.
struct TextToImagePage {
  let experiment: TextToImageExperiment
  /// What the command was run with.
  let arguments: [String]
  /// Which settings the model chose, in words.
  let choices: [String]
  /// What LoRAs change; nil without one.
  let effects: LoRAEffects?
  private let step: Axis
  /// x̂_0 of every step.
  private let believedPictures: [Picture]

  var generation: Generation { experiment.generation }
  private var frames: [TextToImageExperiment.Frame] { experiment.frames }
  var request: GenerationRequest { generation.request }
  /// Whether the model changes a picture.
  var isForEditing: Bool { generation.model.isForEditing }
  var sampler: SamplerName { generation.samplerName }
  /// Whether two passes make each step: with guidance, but for a U-Net that is told its scale.
  var isGuided: Bool {
    request.guidanceScale != 1 && generation.model.unet.configuration.guidanceFeatures == nil
  }

  init(
    _ experiment: TextToImageExperiment, arguments: [String], choices: [String],
    effects: LoRAEffects? = nil
  ) {
    self.experiment = experiment
    self.arguments = arguments
    self.choices = choices
    self.effects = effects
    // The page opens where a picture begins to show: a third of the way.
    step = Axis(
      "step", values: experiment.frames.map { Double($0.step.number) },
      start: experiment.frames.count / 3)
    believedPictures = Picture.shown(experiment.frames.map(\.believed))
  }

  /// z_t as the U-Net sees it: samplers of σ carry x, whose noise grows with σ.
  private var latent: Quantity {
    Quantity(
      "z_t",
      carriesNoise
        ? "what the U-Net sees of the noisy latent: x, divided by √(1 + σ²)"
        : "the noisy latent that the U-Net sees", .neutral)
  }
  private var latentStd: Quantity {
    Quantity(
      carriesNoise ? "std ( x )" : "std ( z_t )", "spread of what the sampler carries", .neutral)
  }
  private var carriesNoise: Bool { generation.sampler.space != .variancePreserving }
  private let believed = Quantity("x̂_0", "the picture that the model believes in", .prediction)
  private let unconditional = Quantity("ε_u", "the noise, seen without the prompt", .noise)
  private let conditional = Quantity("ε_c", "the noise, seen with the prompt", .condition)
  private let direction = Quantity("ε_c − ε_u", "what the prompt adds", .condition)
  private let guided = Quantity("ε", "the noise that is taken away", .noise)
  private let scale = Quantity("s", "guidance scale", .condition)
  private let sigma = Quantity("σ_t", "noise over signal", .noise)
  private let originalStd = Quantity("std ( x̂_0 )", "spread of the latent behind it", .signal)

  func page() -> Page {
    Page(
      "Text to image", number: 12, question: "What happens between a prompt and its picture?",
      residuals: residuals,
      next: suggestions
    ) {
      instrument
      if let effects {
        effects.section(experiment, over: step)
        effects.report.section
      }
      guidanceSection
      walkSection
      promptSection
    }
  }
}

// MARK: - The instrument

extension TextToImagePage {
  private var instrument: Section {
    Section {
      Text("“\(em: request.prompt)” \(Prose(settings))")
      if !choices.isEmpty { Text("Nobody named them: \(choices.joined(separator: "; ")).") }
      Row(widths: [3, 1]) {
        Pictures(pictures, columns: 3)
        numbers
      }
      Timeline(step)
      samplerFormula
      Row {
        Chart(
          "Spread of the latent, and of the picture behind it", x: .linear("step"),
          y: .linear("standard deviation"),
          curves: [curve(latentStd) { $0.latent.std }, curve(originalStd) { $0.originalStd }],
          cursor: step)
        Chart(
          "Noise over signal", x: .linear("step"), y: .log("σ"),
          curves: [curve(sigma) { $0.step.sigma }], cursor: step)
      }
    }
  }

  private var settings: String {
    let size = "\(generation.width) × \(generation.height) pixels"
    var parts = [
      generation.walkWords,
      "guidance \(NumberFormat.automatic.text(request.guidanceScale))", "seed \(request.seed)",
      size,
    ]
    parts += generation.partsWords
    if !request.negativePrompt.isEmpty { parts.append("away from “\(request.negativePrompt)”") }
    if request.mask != nil {
      parts.append(
        "repainting part of a picture" + (request.pastesBack ? ", the rest put back" : ""))
    } else if isForEditing {
      parts.append(
        "changing a picture, image guidance "
          + NumberFormat.automatic.text(
            request.imageGuidanceScale ?? GenerationRequest.usualImageGuidanceScale))
    } else if request.initialImage != nil {
      parts.append("beginning from a picture")
    }
    return parts.joined(separator: ", ") + "."
  }

  private var pictures: [Figure] {
    var figures = [
      Figure(of: believed, .over(step, believedPictures)),
      Figure(
        of: latent, pictures { channels(input(of: $0), range: 3 * spread(input(of: $0))) },
        note: .over(step, frames.map { colors(3 * spread(input(of: $0))) })),
    ]
    if isGuided {
      figures.append(
        Figure(
          of: direction,
          pictures { frame in
            let change = frame.step.guidanceDirection ?? .zeros(generation.start.shape)
            return LatentPictures.lengths(of: change, range: brightest(change))
          }, caption: "where the prompt pulls: the length at each pixel",
          note: .over(
            step,
            frames.map { frame in
              "bright: \(short(brightest(frame.step.guidanceDirection ?? .zeros([1, 1, 1, 1]))))"
            })))
    }
    return figures
  }

  private var numbers: Numbers {
    Numbers(
      "At this step",
      [
        Number(
          of: Quantity("t", "timestep, counted from 0"), over { $0.step.t }),
        Number(of: sigma, over { $0.step.sigma }),
        Number(of: latentStd, over { $0.latent.std }),
        Number(of: guided, over { $0.noiseNorm }, unit: "norm"),
        Number(of: direction, over { $0.guidanceNorm }, unit: "norm"),
        Number(of: originalStd, over { $0.originalStd }),
        Number(
          of: Quantity("time", "for this step"), over { $0.step.seconds }, .decimals(3), unit: "s"),
      ])
  }

  /// z_t as the U-Net sees it: variance near 1 whatever the sampler carries.
  private func input(of frame: TextToImageExperiment.Frame) -> Tensor {
    frame.step.denoising.evaluations[0].input
  }

  private func spread(_ tensor: Tensor) -> Float { Float(tensor.moments.std) }

  private func brightest(_ tensor: Tensor) -> Float { LatentPictures.lengths(of: tensor).maxAbs }

  private func channels(_ tensor: Tensor, range: Float) -> Picture {
    LatentPictures.channels(of: tensor, range: max(range, .leastNormalMagnitude))
  }

  private func colors(_ range: Float) -> String { "colours ±\(short(range))" }

  private func short(_ value: Float) -> String { NumberFormat.decimals(2).text(Double(value)) }

  func over(_ value: (TextToImageExperiment.Frame) -> Double) -> Varying<Double> {
    .over(step, frames.map(value))
  }

  /// A picture of each step; they are packed on all threads.
  private func pictures(
    _ picture: (TextToImageExperiment.Frame) -> Picture
  ) -> Varying<Picture> {
    .over(step, Threads.map(frames.count) { picture(frames[$0]) })
  }

  private func curve(
    _ quantity: Quantity, _ value: (TextToImageExperiment.Frame) -> Double
  ) -> Curve {
    Curve(of: quantity, x: step.values, y: frames.map(value))
  }
}

// MARK: - Guidance

extension TextToImagePage {
  private var guidanceSection: Section {
    Section("Two opinions and a push") {
      if isGuided {
        Text(
          """
          The U-Net is asked twice at every step: once with the prompt, once with the negative prompt \
          or none. Their difference points to where the prompt wants to go, and guidance goes s times \
          as far.
          """)
        LiveFormula(
          """
          \(term: guided, value: over { $0.noiseNorm })
          = \(term: unconditional, value: over { $0.step.unconditionalNoise?.norm ?? 0 })
          + \(term: scale, value: over { $0.step.guidanceScale })
          ( \(term: direction, value: over { $0.guidanceNorm }) )
          """, reading: "Under each noise is its norm; norms do not add up, vectors do.")
        Row(widths: [2, 1]) {
          Pictures(
            [
              film(unconditional) { $0.step.unconditionalNoise },
              film(conditional) { $0.step.conditionalNoise },
              film(guided) { $0.step.predictedNoise },
            ], columns: 3)
          Chart(
            "How much the prompt changes", x: .linear("step"), y: .linear("norm"),
            curves: [curve(guided) { $0.noiseNorm }, curve(direction) { $0.guidanceNorm }],
            cursor: step)
        }
      } else {
        Text(
          "With a guidance scale of 1 the U-Net is asked once, with the prompt, and is believed.")
        Pictures([film(guided) { $0.step.predictedNoise }], columns: 3)
      }
    }
  }

  private func film(
    _ quantity: Quantity, _ noise: (TextToImageExperiment.Frame) -> Tensor?
  ) -> Figure {
    func shown(_ frame: TextToImageExperiment.Frame) -> Tensor {
      noise(frame) ?? .zeros(generation.start.shape)
    }
    return Figure(
      of: quantity, pictures { channels(shown($0), range: 3 * spread(shown($0))) },
      note: .over(step, frames.map { colors(3 * spread(shown($0))) }))
  }
}

// MARK: - The whole walk, and the prompt

extension TextToImagePage {
  private var walkSection: Section {
    Section("The whole walk") {
      PictureGrid(strip: step, believedPictures, width: 88)
      Row(widths: [1, 1]) {
        Pictures([
          Figure("the last latent, decoded: the picture", .fixed(Picture(shown: experiment.image)))
        ])
        Text(
          """
          Each frame decodes \(believed), the picture that would come out if the model were right \
          about the noise at that step. A trained model's early frames are blurred, because many \
          pictures fit so much noise and it answers with their mean; each step decides a little more.
          \(Prose(previewed))
          """)
      }
    }
  }

  /// What decoded the frames, where it is not the model's own first stage.
  private var previewed: String {
    guard let psnr = experiment.previewPSNR, let preview = generation.model.preview else {
      return ""
    }
    let sizes = [preview, generation.model.firstStage].map {
      NumberFormat.decimals(2).text(Double($0.parameterCount) / 1e6)
    }
    return "The frames are those of --preview, which has \(sizes[0]) million parameters where the "
      + "model's own first stage has \(sizes[1]); of the last latent its picture is "
      + "\(NumberFormat.decimals(1).text(psnr)) dB from the model's own."
  }

  private var promptSection: Section {
    let prompts = generation.prompts
    return Section("What the U-Net hears") {
      Text("The prompt, cut into tokens: \(spelled(prompts.conditionalTokens, prompts.weights))")
      if isGuided {
        Text("The negative prompt: \(spelled(prompts.unconditionalTokens))")
      }
      for word in generation.model.learnedWords {
        Text(
          """
          Learned: “\(word.text)”, \(word.count) vector\(word.count == 1 ? "" : "s") \
          that take the place of \(word.count == 1 ? "a token" : "\(word.count) tokens").
          """)
      }
      Text(
        """
        \(Prose(sequences)) Each token becomes a vector of \(prompts.conditional.shape[2]) numbers. All of \
        them are shown to every cross-attention layer at every step.
        """)
    }
  }

  /// How many tokens the U-Net hears, and in how many sequences.
  private var sequences: String {
    let prompts = generation.prompts
    guard let words = prompts.sequenceWords else {
      return "With start, end and padding each is \(prompts.conditional.shape[1]) tokens."
    }
    return "A bar | is where another sequence begins. \(words)"
  }

  /// Tokens that the text encoder reads at once, start and end included.
  private var sequenceLength: Int { generation.model.tokenizer.modelMaxLength }

  private func spelled(_ tokens: TokenizedPrompt, _ weights: [Double]? = nil) -> Prose {
    let content = tokens.tokens.indices.filter { tokens.tokens[$0].word != nil }
    guard !content.isEmpty else { return "nothing." }
    return content.reduce("") { line, place in
      let begins = place / sequenceLength > (content.last { $0 < place } ?? place) / sequenceLength
      let line: Prose = begins ? "\(line) |" : line
      let text = tokens.tokens[place].text.replacing(ByteAlphabet.endOfWord, with: "")
      let weight = weights?[place] ?? 1
      return weight == 1
        ? "\(line) \(code: text)"
        : "\(line) \(code: text) × \(NumberFormat.decimals(2).text(weight))"
    }
  }
}
