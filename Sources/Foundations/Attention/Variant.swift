import Imaging
import LatentDiffusion
import Networks
import Tensors

/// A picture drawn with changed attention, beside the one that was drawn without.
package struct Variant: Sendable {
  package let intervention: Intervention
  package let prompt: String
  package let columns: PromptColumns
  package let picture: Image
  package let heatmaps: [Heatmaps]
  /// How far each pixel is from the first picture's: √ of the mean over the channels of the squared
  /// difference, white being 1 from black; shape [H, W].
  package let change: Tensor
  /// For each aggregate whether the change lies where the word's heatmap is.
  package let effects: [Effect]

  package var meanChange: Double { change.moments.mean }
}

/// How much of a picture's change lies where a word's heatmap is strong.
package struct Effect: Sendable {
  package let aggregate: Aggregate
  /// The share of the picture where the heatmap reaches half its peak.
  package let area: Double
  /// The share of the squared change that lies there; NaN when nothing changed.
  package let inside: Double
  /// How many times more than the area alone would have.
  package var ratio: Double { inside / area }

  /// - Parameters:
  ///   - heatmap: shape [h, w], brought to the picture's size.
  ///   - change: shape [H, W].
  package init(_ aggregate: Aggregate, heatmap: Tensor, change: Tensor) {
    self.aggregate = aggregate
    let region = Self.region(of: heatmap, height: change.shape[0], width: change.shape[1])
    var (pixels, within, total) = (0, 0.0, 0.0)
    change.withUnsafeElements { change in
      for (i, isIn) in region.enumerated() {
        let square = Double(change[i]) * Double(change[i])
        total += square
        if isIn {
          within += square
          pixels += 1
        }
      }
    }
    area = Double(pixels) / Double(region.count)
    inside = within / total
  }

  /// Where a heatmap, brought to a picture's size, reaches half its peak.
  package static func region(of heatmap: Tensor, height: Int, width: Int) -> [Bool] {
    let large = heatmap.interpolated(height: height, width: width, .bilinear)
    let threshold = large.moments.max / 2
    return large.withUnsafeElements { $0.map { $0 >= threshold } }
  }
}

extension Heatmaps {
  /// The mean of the maps of some columns; nil when the method drops them.
  package func mean(of columns: [Int]) -> Tensor? {
    let found = columns.compactMap { maps[$0] }
    guard let first = found.first else { return nil }
    return found.dropFirst().reduce(first) { $0 + $1 } / Float(found.count)
  }
}

/// A changed picture in the making, one step behind the first.
struct VariantWalk {
  private let intervention: Intervention
  private let generation: Generation
  private let ledger: MapLedger
  private let latentSize: (height: Int, width: Int)
  private var steps: Generation.Iterator
  private var latent: Tensor

  init(
    _ intervention: Intervention, of first: Generation, _ recorders: Recorders,
    store: AttentionStore, _ schedule: InjectionSchedule
  ) throws {
    let old = first.prompts.conditionalTokens
    var request = first.request
    request.prompt = try intervention.prompt(of: old)
    let new = first.model.tokenizer.tokenize(request.prompt)
    let editor = AttentionEditor(
      intervention, from: old, to: new, store: store, schedule: schedule, steps: first.stepCount)
    let ledger = MapLedger(following: recorders.conditional, with: PromptColumns(new))
    let watch = AttentionWatch(recorders.layers, [editor, ledger])
    self.intervention = intervention
    self.ledger = ledger
    latentSize = recorders.latent
    generation = try Generation(
      request, with: first.model, prompts: Self.prompts(intervention, first), probing: watch.probe)
    steps = generation.makeIterator()
    latent = generation.start
  }

  /// What the U-Net hears instead of the request's prompt, encoded.
  private static func prompts(_ intervention: Intervention, _ first: Generation) -> EncodedPrompts?
  {
    guard case .erase(let word) = intervention else { return nil }
    let columns = PromptColumns(first.prompts.conditionalTokens)
    return first.prompts.erasing(
      columns.columns(of: word).flatMap { columns.columns[$0].positions },
      with: first.model.textEncoder)
  }

  mutating func step() { latent = steps.next()?.next ?? latent }

  /// - Parameters:
  ///   - original: the first picture, shape [1, 3, H, W] in [−1, 1].
  ///   - heatmaps, columns: of the first picture.
  func finished(original: Tensor, heatmaps: [Heatmaps], columns: PromptColumns) -> Variant {
    let picture = generation.decode(latent)
    let change = Self.change(from: original, to: picture)
    let word = columns.columns(of: intervention.word)
    return Variant(
      intervention: intervention, prompt: generation.request.prompt, columns: ledger.columns,
      picture: Image(picture), heatmaps: ledger.heatmaps(latent: latentSize), change: change,
      effects: heatmaps.compactMap { maps in
        maps.mean(of: word).map { Effect(maps.aggregate, heatmap: $0, change: change) }
      })
  }

  static func change(from original: Tensor, to picture: Tensor) -> Tensor {
    let (channels, plane) = (picture.shape[1], picture.shape[2] * picture.shape[3])
    let (a, b) = (original.clamped(to: -1...1), picture.clamped(to: -1...1))
    return Tensor([picture.shape[2], picture.shape[3]]) { out in
      a.withUnsafeElements { a in
        b.withUnsafeElements { b in
          for i in 0..<plane {
            let squares = (0..<channels).reduce(Float(0)) {
              let difference = (a[$1 * plane + i] - b[$1 * plane + i]) / 2
              return $0 + difference * difference
            }
            out[i] = (squares / Float(channels)).squareRoot()
          }
        }
      }
    }
  }
}
