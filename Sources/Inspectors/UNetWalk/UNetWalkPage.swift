import Commands
import Foundation
import Imaging
import Networks
import Pages
import Tensors

/// The page of `unet-walk`: a walk along the layers, with a slider over the stops.
struct UNetWalkPage {
  let name: String
  let unet: UNet2DConditionModel
  let walk: WalkExperiment
  let input: WalkInput
  let t: Int
  /// Whether the context is a prompt's, not random numbers.
  let context: Bool
  /// Where it was asked for.
  let roofline: Roofline?
  /// Where it was asked for.
  let sizes: SizeStudy?

  private let stop: Axis
  private var records: [LayerRecord] { walk.stops.map(\.layer.record) }
  private var positions: [Double] { walk.stops.indices.map(Double.init) }

  init(
    name: String, unet: UNet2DConditionModel, walk: WalkExperiment, input: WalkInput, t: Int,
    context: Bool, roofline: Roofline? = nil, sizes: SizeStudy? = nil
  ) {
    (self.name, self.unet, self.walk, self.input) = (name, unet, walk, input)
    (self.t, self.context, self.roofline, self.sizes) = (t, context, roofline, sizes)
    stop = Axis(
      "stop", values: walk.stops.indices.map(Double.init),
      labels: walk.stops.map { Self.short($0.layer.record.path) })
  }

  /// A path that fits under a slider: `down_blocks.0.resnets.1` as `d0.res1`.
  private static func short(_ path: String) -> String {
    [
      ("down_blocks.", "d"), ("up_blocks.", "u"), ("mid_block", "mid"), ("resnets.", "res"),
      ("attentions.", "att"), ("downsamplers.0", "down"), ("upsamplers.0", "up"),
    ].reduce(path) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
  }

  private let parameters = Quantity("\"parameters\"", "trainable values", .condition)
  private let flops = Quantity("FLOP", "floating-point operations", .prediction)
  private let time = Quantity("\"time\"", "in this run", .noise)
  private let spread = Quantity("std", "of the output", .signal)

  func page() -> Page {
    Page(
      "A walk through the U-Net", number: 8,
      question: "What flows through the U-Net, from noise in to noise out?",
      residuals: residuals, next: suggestions
    ) {
      instrument
      Section("What it looks at") { Pictures(inputFigures) }
      costSection
      if let roofline { roofline.section }
      if let sizes { sizes.section }
      timestepSection
      skipSection
    }
  }

  var summary: Summary {
    let g = 1e9
    return Summary(
      columns: ["part", "output", "parameters", "GFLOP", "seconds"],
      rows: walk.layers.filter { $0.record.depth == 0 }.map { layer in
        [
          layer.record.path, UNetWalkFiles.text(layer.record.outputShape),
          "\(layer.record.parameters)",
          NumberFormat.decimals(2).text(Double(layer.record.flops) / g),
          NumberFormat.decimals(3).text(layer.record.seconds),
        ]
      } + [
        [
          "all", UNetWalkFiles.text(walk.output.shape), "\(unet.parameterCount)",
          NumberFormat.decimals(2).text(Double(walk.flops) / g),
          NumberFormat.decimals(3).text(walk.seconds),
        ]
      ])
  }

  // MARK: The instrument

  private var instrument: Section {
    Section {
      Text(
        """
        One pass of \(name) at timestep \(t): \(unet.parameterCount) parameters, \
        \(Double(walk.flops) / 1e9, .decimals(1)) GFLOP, \(walk.seconds, .decimals(2)) seconds. \
        \(context ? "It listens to the prompt." : "It listens to random numbers in place of a prompt.")
        """)
      UNetDiagram(walk, stop: stop)
      Timeline(stop)
      Row(widths: [2, 1]) {
        Pictures([channelFigure])
        numbers
      }
      Chart(
        "How large the image is, and how many channels it has", x: .linear("stop"),
        y: .log("pixels on a side, channels"),
        curves: [
          Curve(
            of: Quantity("W", "pixels on a side", .signal), x: positions,
            y: records.map { Double($0.outputShape[2]) }),
          Curve(
            of: Quantity("C", "channels", .condition), x: positions,
            y: records.map { Double($0.outputShape[3]) }),
        ], cursor: stop)
    }
  }

  /// The first channels of each stop on one sheet.
  private var channelFigure: Figure {
    let sheets = walk.stops.map { stop in
      let sheet = Image.grid(UNetWalkFiles.pictures(of: stop), columns: 4, gap: 1)
      return Picture(png: PNG.data(of: sheet), kind: .grid)
    }
    return Figure(
      "the first \(WalkExperiment.channelCount) channels of the output; white is 0, each over its own range",
      .over(stop, sheets))
  }

  /// What goes in: the noisy latent, and the scene in it.
  private var inputFigures: [Figure] {
    let latent = Picture(png: PNG.data(of: input.mosaic), kind: .grid)
    guard let scene = input.scene else {
      return [
        Figure("what the U-Net looks at: noise alone, its channels side by side", .fixed(latent))
      ]
    }
    return [
      Figure(
        """
        what the U-Net looks at: the latent \(math: "z_t") at \(math: "t") = \(t), its channels side by \
        side, \(math: "√ᾱ_t") = \(scene.level.signalScale, .decimals(3)) of the scene and \
        \(math: "√{1 − ᾱ_t}") = \(scene.level.noiseScale, .decimals(3)) of noise
        """, .fixed(latent)),
      Figure(
        "the scene in it, before noise", .fixed(Picture(png: PNG.data(of: Image(scene.picture))))),
    ]
  }

  private var numbers: Numbers {
    func over(_ value: (WalkExperiment.Stop) -> Double) -> Varying<Double> {
      .over(stop, walk.stops.map(value))
    }
    return Numbers(
      "At this stop",
      [
        Number(
          of: Quantity("H", "height of the output"), over { Double($0.layer.record.outputShape[1]) }
        ),
        Number(
          of: Quantity("W", "width", .signal), over { Double($0.layer.record.outputShape[2]) }),
        Number(
          of: Quantity("C", "channels", .condition), over { Double($0.layer.record.outputShape[3]) }
        ),
        Number(of: parameters, over { Double($0.layer.record.parameters) }, .integer),
        Number(of: flops, over { Double($0.layer.record.flops) / 1e6 }, .decimals(2), unit: "M"),
        Number(of: time, over { $0.layer.record.seconds * 1000 }, .decimals(2), unit: "ms"),
        Number(of: Quantity("mean", "of the output"), over { $0.layer.output.mean }),
        Number(of: spread, over { $0.layer.output.std }),
        Number(of: Quantity("min", "of the output"), over { Double($0.layer.output.min) }),
        Number(of: Quantity("max", "of the output"), over { Double($0.layer.output.max) }),
      ])
  }

  // MARK: Cost

  private var costSection: Section {
    func bars(_ title: Prose, _ unit: Prose, _ quantity: Quantity, _ value: (LayerRecord) -> Double)
      -> Chart
    {
      Chart(
        title, x: .linear("stop"), y: .linear(unit),
        curves: [Curve(of: quantity, x: positions, y: records.map(value), style: .bars)],
        cursor: stop)
    }
    return Section("Where the cost is") {
      Text(
        """
        Parameters gather where there are many channels, operations where there are many pixels: the \
        bottom of the U holds the weights, the top does the work.
        """)
      Row {
        bars("Parameters", "millions", parameters) { Double($0.parameters) / 1e6 }
        bars("Operations", "GFLOP", flops) { Double($0.flops) / 1e9 }
        bars("Time", "milliseconds", time) { $0.seconds * 1000 }
      }
      Table("Every stop", walk.stops.map(\.layer), UNetWalkFiles.columns, follows: stop)
    }
  }

  // MARK: Time

  private var timestepSection: Section {
    let features = unet.configuration.blockOutChannels[0]
    let every = 4
    let rows = TimestepEmbedding.sinusoids(
      stride(from: 0, to: 1000, by: every).map(Float.init), features: features,
      flipsSineToCosine: unet.configuration.flipsSineToCosine,
      frequencyShift: unet.configuration.frequencyShift)
    let picture = ColorMap.balance.image(of: rows.permuted([1, 0]), range: -1...1)
    let wave = TimestepEmbedding.sinusoids(
      [Float(t)], features: features, flipsSineToCosine: unet.configuration.flipsSineToCosine,
      frequencyShift: unet.configuration.frequencyShift)
    return Section("How it knows the time") {
      Text(
        """
        The timestep becomes \(features) cosines and sines of many frequencies: like the hands of many \
        clocks, fast ones and slow ones. Two linear layers make of it the vector that every ResNet \
        block adds to all pixels.
        """)
      Row {
        Pictures([
          Figure(
            "one column for \(every) timesteps, t = 0 at the left; one row per feature",
            .fixed(Picture(png: PNG.data(of: picture), kind: .grid)))
        ])
        Chart(
          "The vector at t = \(t)", x: .linear("feature"), y: .linear("value", in: -1...1),
          curves: [
            Curve(
              of: Quantity("γ(t)", "the embedding of this timestep", .condition),
              x: (0..<features).map(Double.init), y: wave.elements.map(Double.init), style: .points)
          ])
      }
    }
  }

  // MARK: Skips and residuals

  private var skipSection: Section {
    let share = Quantity("\"branch\"", "what a ResNet block adds, over what it gives", .prediction)
    let blocks = walk.stops.enumerated().compactMap { position, stop in
      walk.branchShare(of: stop).map { (Double(position), $0) }
    }
    return Section("Short cuts") {
      Text(
        """
        Every ResNet block adds a little to what it is given, and on the way up each one also gets what \
        the way down left at the same resolution: details cross the U without going through its bottom.
        """)
      Row {
        Chart(
          "How much each ResNet block changes", x: .linear("stop"), y: .linear("std over std"),
          curves: [Curve(of: share, x: blocks.map(\.0), y: blocks.map(\.1), style: .points)],
          cursor: stop)
        Table(
          "What the way up is joined with", columns: ["at", "joined image", "std"],
          rows: walk.skips.map {
            [
              .prose("\(code: $0.path)"), .prose(Prose(UNetWalkFiles.text($0.shape))),
              .number($0.output.std),
            ]
          })
      }
    }
  }

  // MARK: Is it true?

  private var residuals: [Residual] {
    // A network whose last layer is zero says nothing but 0.
    let size = max(Double(walk.unobserved.maxAbs), 1e-30)
    return [
      Residual(
        "Looking changes nothing: output with and without a probe, relative to the largest value",
        measured: Double(walk.output.maxAbsDifference(from: walk.unobserved)) / size, bound: 1e-5),
      Residual(
        "The parameters of the layers that took part are all that the network has: difference",
        measured: abs(Double(walk.parameters - unet.parameterCount)), bound: 0),
      Residual(
        """
        Each joined image has the channels of what came up and of what the way down left: largest \
        difference
        """, measured: Double(walk.skipMismatches.map(abs).max() ?? 0), bound: 0),
      Residual(
        "\(math: "cos^2 + sin^2 = 1") for each clock of the timestep embedding: largest difference",
        measured: clockResidual, bound: 1e-6),
    ]
  }

  private var clockResidual: Double {
    let features = unet.configuration.blockOutChannels[0]
    let wave = TimestepEmbedding.sinusoids([Float(t)], features: features).elements.map(Double.init)
    return (0..<features / 2).map { i in
      abs(wave[i] * wave[i] + wave[i + features / 2] * wave[i + features / 2] - 1)
    }.max() ?? 0
  }

  private var suggestions: [Suggestion] {
    [
      Suggestion(
        "unet-walk", ["--architecture", "sd-v1"],
        because: "Stable Diffusion v1 at full size: 860 million parameters"),
      Suggestion(
        "unet-walk", ["--architecture", "sd-v1", "--roofline"],
        because: "what limits each of its layers on this machine: arithmetic or memory"),
      Suggestion(
        "unet-walk", ["--sizes"],
        because: "what larger latents, batches and prompts cost, in operations and in seconds"),
      Suggestion(
        "unet-walk", ["--t", "0"],
        because: "the same walk at the clean end: hardly any noise, and another time vector"),
      Suggestion(
        "unet-walk", ["--pure-noise"],
        because: "nothing of a picture goes in: how much of it do the channels show?"),
      Suggestion(
        "unet-walk", ["--model", "path/to/model", "--prompt", "a red house"],
        because: "your own checkpoint, listening to your prompt"),
    ]
  }
}
