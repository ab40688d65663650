import Commands
import Imaging
import LatentDiffusion
import Pages
import Tensors

/// A picture without the LoRAs that were asked for, from the same noise, against the one with them.
package struct LoRAEffects {
  /// x̂_0 decoded at each step, without.
  package let believed: [Image]
  /// The picture without.
  package let picture: Image
  let report: LoRAReport

  /// Draws without them, then adds them.
  /// - Parameters:
  ///   - addition: to the model, whose copies change as well.
  ///   - request: what is drawn.
  ///   - model: what draws; changed afterwards.
  ///   - progress: called after each step.
  /// - Returns: nil where there is nothing to add.
  /// - Throws: what drawing throws, or `LoRAError.overflow`.
  package init?(
    _ addition: LoRAAddition, _ request: GenerationRequest, with model: LatentDiffusionModel,
    progress: () -> Void = {}
  ) throws {
    guard !addition.isEmpty else { return nil }
    let generation = try Generation(request, with: model)
    var latent = generation.start
    let originals = try generation.map { step in
      defer { progress() }
      latent = try step.checkedNext(of: model)
      return step.predictedOriginal
    }
    believed = generation.believed(each: originals).map(Image.init)
    picture = Image(try generation.finished(latent))
    guard let report = LoRAReport(try addition.add()) else { return nil }
    self.report = report
  }

  /// Where two pictures differ: the largest difference of a colour at each pixel, bright at `range`.
  static func difference(_ a: Image, _ b: Image, range: Double) -> Image {
    let values = differences(a, b)
    let largest = stride(from: 0, to: values.count, by: 3).map { values[$0..<$0 + 3].max() ?? 0 }
    return ColorMap.ember.image(
      of: Tensor([a.height, a.width], largest), range: 0...Float(max(range, 1 / 255)))
  }

  private static func differences(_ a: Image, _ b: Image) -> [Float] {
    zip(a.rgb.pixels, b.rgb.pixels).map { abs(Float($0) - Float($1)) / 255 }
  }

  /// The largest difference of a colour, in values from 0 to 1.
  static func largestDifference(_ a: Image, _ b: Image) -> Double {
    Double(differences(a, b).max() ?? 0)
  }
}

// MARK: - On the page and on disk

extension LoRAEffects {
  /// Both pictures and their difference, step by step.
  /// - Parameters:
  ///   - experiment: the run with them.
  ///   - step: the page's axis.
  func section(_ experiment: TextToImageExperiment, over step: Axis) -> Section {
    let with = experiment.frames.map(\.believed)
    let ranges = zip(believed, with).map(Self.largestDifference)
    let distances = zip(believed, with).map(Comparison.distance)
    let farthest = distances.max() ?? 0
    let distance = Quantity("d", "root mean square of what sets the two apart", .error)
    return Section("Without the LoRA, and with it") {
      Text(
        """
        The same prompt, noise and sampler, once with the model as it was and once with what was added. \
        Where a walk is turned early the whole picture follows; late, only what is fine.
        """)
      Pictures(
        [
          Figure("without", .over(step, believed.map { Picture(shown: $0) })),
          Figure("with", .over(step, with.map { Picture(shown: $0) })),
          Figure(
            "where they differ",
            .over(
              step,
              zip(zip(believed, with), ranges).map {
                Picture(shown: Self.difference($0.0, $0.1, range: $1))
              }),
            note: .over(
              step, ranges.map { "bright: a difference of \(NumberFormat.decimals(2).text($0))" })),
        ], columns: 3)
      Timeline(step)
      Row {
        Chart(
          "How far apart the two walks are", x: .linear("step"),
          y: .linear("of 1", in: 0...(farthest > 0 ? 1.05 * farthest : 1)),
          curves: [Curve(of: distance, x: step.values, y: distances)], cursor: step)
        Pictures(
          [
            Figure("the picture without", .fixed(Picture(shown: picture))),
            Figure("the picture with", .fixed(Picture(shown: experiment.image))),
          ], columns: 2)
      }
    }
  }

  /// The tables of the layers, and the pictures beside `image.png`, which is with the LoRA.
  func write(with image: Image, to output: RunOutput) throws {
    try report.write(to: output)
    try output.write(picture, as: "image-without-lora.png")
    try output.write(
      Self.difference(picture, image, range: Self.largestDifference(picture, image)),
      as: "lora-difference.png")
  }
}
