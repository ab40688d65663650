import Commands
import Diffusion
import Evaluation
import Imaging
import LatentDiffusion
import Pages
import Tensors

/// The page of `guidance-sweep`.
struct GuidanceSweepPage {
  let result: SweepResult
  let scale: Axis
  let step: Axis
  /// The noise levels of the known data.
  let level: Axis

  init(_ result: SweepResult) {
    self.result = result
    let walks = result.sweep.walks
    let scales = walks.map(\.scale)
    // It opens at the first scale from 5 on: where the cost begins to show.
    scale = Axis(
      "guidance scale s", values: scales, labels: scales.map(Values.text),
      start: scales.firstIndex { $0 >= 5 } ?? scales.count - 1)
    step = Axis(
      "step", values: walks[0].frames.map { Double($0.number) },
      start: walks[0].frames.count - 1)
    let levels = result.mixture.walks[0].snapshots.map(\.level)
    level = Axis(
      "timestep t, known data", values: levels.map(\.t),
      labels: levels.map { $0.t < 0 ? "the data" : "t = \(Int($0.t))" }, start: levels.count - 1)
  }

  let unconditional = Quantity("ε_u", "the noise, seen without the prompt", .noise)
  let conditional = Quantity("ε_c", "the noise, seen with the prompt", .condition)
  let direction = Quantity("ε_c − ε_u", "what the prompt adds", .condition)
  let guided = Quantity("ε", "the noise that is taken away", .prediction)
  let strength = Quantity("s", "guidance scale", .condition)
  let weight = Quantity("w", "the same as papers count it: s − 1", .condition)
  let sigma = Quantity("σ_t", "noise over signal", .noise)
  let turn = Quantity("∠(ε_u, ε_c)", "angle between the two opinions, in degrees", .condition)
  let clipped = Quantity(
    "clipped", "share of the finished picture's pixels with a channel at 0 or 255", .error)
  let believedClipped = Quantity(
    "clipped ( x̂_0 )", "share of the pixels of x̂₀ at this step, which is no picture yet", .error)
  let colour = Quantity("colour", "colourfulness of Hasler and Süsstrunk", .signal)
  let diversity = Quantity("diversity", "mean distance between pictures of one prompt", .prediction)

  func page() -> Page {
    Page(
      "Guidance", number: 10,
      question: "What does guidance do to a picture, and how much of it is too much?",
      residuals: residuals + (result.report?.residuals ?? []), next: suggestions
    ) {
      instrument
      costSection
      tradeOffSection
      remedySection
      negativeSection
      mixtureSection
      if let report = result.report { report.section }
    }
  }
}

// MARK: - The instrument

extension GuidanceSweepPage {
  private var walks: [SweepExperiment.Walk] { result.sweep.walks }

  private var instrument: Section {
    Section {
      Text("“\(em: result.request.prompt)” \(Prose(settings))")
      if !result.choices.isEmpty {
        Text("Nobody named it: \(Prose(result.choices.joined(separator: "; "))).")
      }
      PictureGrid(
        walks.map { walk in
          Figure(
            Prose("s = \(Values.text(walk.scale))"),
            .over(step, walk.frames.map { Picture(shown: $0.believed) }),
            note: .over(
              step,
              walk.frames.map {
                "x̂₀: \(NumberFormat.percent(1).text($0.saturation.clipped)) clipped"
              })
          )
        }, width: 190, selecting: scale)
      Timeline(step)
      Text(
        """
        Every frame is \(math: "x̂_0"), what the model believes in at that step, and under it stands how \
        much of that is clipped: pixels with a channel at 0 or 255. What is left of it in the finished \
        picture is another number, and stands beside it in the list below.
        """)
      LiveFormula(
        """
        \(term: guided, value: over { $0.guided.norm })
        = \(term: unconditional, value: over { $0.unconditional.norm })
        + \(term: strength, value: .over(scale, scale.values))
        ( \(term: direction, value: over { $0.direction.norm }) )
        = ( 1 + \(term: weight, value: .over(scale, scale.values.map { $0 - 1 })) )
        \(term: conditional, value: over { $0.conditional.norm })
        − w ε_u
        """,
        reading: """
          Two ways to write one thing: programs count from s = 1, which is no guidance, papers from \
          w = 0. Under each noise is its norm at this scale and step; norms do not add up, vectors do.
          """)
      Row(widths: [3, 1]) {
        Pictures(
          [
            film(unconditional) { $0.unconditional }, film(conditional) { $0.conditional },
            film(direction) { $0.direction }, film(guided) { $0.guided },
          ], columns: 4)
        numbers
      }
      Choice(scale)
      Row {
        family("How much the prompt changes the noise", .linear("norm of ε_c − ε_u")) {
          $0.direction.norm
        }
        family("How far apart the two opinions point", .linear("angle in degrees")) { $0.angle }
        family("What of x̂₀ is clipped, step by step", .linear("share of pixels of x̂₀")) {
          $0.saturation.clipped
        }
      }
    }
  }

  private var settings: String {
    let request = result.request
    var parts = result.settings + ["seed \(request.seed)"]
    if result.report != nil { parts.append("all with the LoRA") }
    if request.refinements.rescale > 0 {
      parts.append("rescaled by \(request.refinements.rescale)")
    }
    if let interval = request.refinements.interval {
      parts.append("guided from σ = \(interval.low) to \(interval.high)")
    }
    if !request.negativePrompt.isEmpty { parts.append("away from “\(request.negativePrompt)”") }
    return parts.joined(separator: ", ")
      + ": one noise, \(walks.count) scale\(walks.count == 1 ? "" : "s")."
  }

  private var numbers: Numbers {
    Numbers(
      "At this scale and step",
      [
        Number(of: strength, .over(scale, scale.values)),
        Number(of: weight, .over(scale, scale.values.map { $0 - 1 })),
        Number(of: Quantity("t", "timestep, counted from 0"), over { $0.t }),
        Number(of: sigma, over { $0.sigma }),
        Number(of: direction, over { $0.direction.norm }, unit: "norm"),
        Number(of: turn, over { $0.angle }, .decimals(1), unit: "°"),
        Number(of: believedClipped, over { $0.saturation.clipped }, .percent(1)),
        Number(
          of: clipped, .over(scale, walks.map { PictureSaturation(of: $0.picture).clipped }),
          .percent(1)),
        Number(of: colour, over { $0.saturation.colourfulness }, .decimals(1)),
      ])
  }

  func over(_ value: (SweepExperiment.Frame) -> Double) -> Varying<Double> {
    .over(scale, step, walks.map { $0.frames.map(value) })
  }

  /// Three standard deviations fill the range of colours; the note says which numbers these are.
  private func film(
    _ quantity: Quantity, _ noise: (SweepExperiment.Frame) -> Tensor
  ) -> Figure {
    let tensors = walks.map { $0.frames.map(noise) }
    func range(_ tensor: Tensor) -> Float { max(3 * Float(tensor.moments.std), 1e-6) }
    return Figure(
      of: quantity,
      .over(
        scale, step,
        tensors.map {
          $0.map { tensor in
            let range = range(tensor)
            return Picture(
              png: PNG.data(
                of: ColorMap.balance.image(of: tensor.channelMosaic, range: -range...range)),
              kind: .grid)
          }
        }),
      note: .over(
        scale, step,
        tensors.map {
          $0.map { "colours ±" + NumberFormat.decimals(2).text(Double(range($0))) }
        }))
  }

  /// The name of a scale's curves.
  func quantity(of scale: Double) -> Quantity {
    Quantity(Math("s = " + Values.text(scale)), "guidance scale \(Values.text(scale))")
  }

  /// One curve for each scale over the steps.
  private func family(
    _ title: Prose, _ y: Scale, _ value: (SweepExperiment.Frame) -> Double
  ) -> Chart {
    Chart(
      title, x: .linear("step"), y: y,
      curves: walks.enumerated().map { position, walk in
        Curve(
          of: quantity(of: walk.scale), x: step.values, y: walk.frames.map(value),
          choice: (scale, position))
      }, cursor: step)
  }
}
