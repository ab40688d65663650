import Commands
import Diffusion
import Foundation
import Imaging
import LatentDiffusion
import Tensors

/// Several pictures that differ in one or two settings, all of their steps beside each other.
package struct Comparison {
  /// One of the pictures.
  package struct Item {
    package let request: GenerationRequest
    /// Its place among all pictures, row by row, counted from 0.
    package let index: Int
    /// One for each position of the timeline.
    package let frames: [Frame]
    /// z after the last step, scaled as the sampler carries it.
    package let finalLatent: Tensor
    package let image: Image
    /// ‖ε_c − ε_u‖, the mean over the steps; 0 without guidance.
    package let guidanceNorm: Double
    /// Of its own walk, or its share of one that was made together.
    package let seconds: Double
  }

  /// What a picture was at one position of the timeline.
  package struct Frame {
    /// 0-based, in the walk of this picture.
    package let step: Int
    package let t: Double
    /// x̂_0 decoded.
    package let believed: Image
  }

  package let lists: ComparedLists
  /// Row by row.
  package let items: [Item]
  /// The places on the timeline, as steps of the longest walk.
  package let timeline: [Int]
  /// A picture of a batch against the same made alone, the first two steps, relative to the largest
  /// magnitude; nil where none were made together.
  package let togetherResidual: Double?
  /// How far the noises are apart from which pictures of one seed begin, before a sampler scales them;
  /// nil where each begins from a picture.
  package let noiseDifference: Double?
  /// ε of the first picture's first step against that of products in Float32, relative; nil where
  /// nothing is rounded.
  package let rounding: Double?
  /// What the pictures were made of, the first for all.
  let generation: Generation

  /// How many places the timeline has at most: a decoded picture for each of them.
  private static let mostFrames = 24

  /// Walks all of them to their end.
  /// - Parameters:
  ///   - generations: one for each place of the table, row by row.
  ///   - lists: in what they differ.
  ///   - progress: called once for each step of each picture.
  package init(
    _ generations: [Generation], in lists: ComparedLists, progress: () -> Void = {}
  ) throws {
    precondition(generations.count == lists.count, "\(generations.count) for \(lists.count) places")
    let longest = generations.map(\.stepCount).max() ?? 1
    let places = min(longest, Self.mostFrames)
    func spread(over count: Int) -> [Int] {
      (0..<places).map { places == 1 ? count - 1 : $0 * (count - 1) / (places - 1) }
    }
    var walks: [Int: Walk] = [:]
    var (residual, first): (Double?, GenerationStep?)
    for group in Self.groups(of: generations) {
      let members = group.map { generations[$0] }
      let kept = spread(over: members[0].stepCount)
      let together = members.count > 1 ? Generation.together(members) : nil
      if let whole = together, let last = members.last {
        let walk = try Self.walk(whole, rows: members.count, kept: kept, progress)
        for (row, index) in group.enumerated() { walks[index] = walk.rows[row] }
        first = first ?? walk.begun.first
        let alone = last.prefix(2).map(\.next)
        let difference = zip(alone, walk.begun).map {
          Identities.difference($1.next.rows(members.count - 1..<members.count), from: $0)
        }.max()
        residual = max(residual ?? 0, difference ?? 0)
      } else {
        for index in group {
          let walk = try Self.walk(generations[index], rows: 1, kept: kept, progress)
          walks[index] = walk.rows[0]
          first = first ?? walk.begun.first
        }
      }
    }
    items = generations.enumerated().compactMap { index, generation in
      walks[index].map {
        Item(
          request: generation.request, index: index, frames: $0.frames, finalLatent: $0.latent,
          image: $0.image,
          guidanceNorm: $0.guidanceNorm, seconds: $0.seconds)
      }
    }
    (self.lists, togetherResidual, generation) = (lists, residual, generations[0])
    timeline = spread(over: longest)
    noiseDifference = Self.noiseDifference(of: generations)
    rounding = first.flatMap(generation.distanceFromFloat32)
  }

  private static func noiseDifference(of generations: [Generation]) -> Double? {
    guard generations[0].request.initialImage == nil else { return nil }
    var noises: [UInt64: Tensor] = [:]
    return generations.reduce(0) { largest, generation in
      let noise = generation.start.scaled(by: 1 / Float(generation.sampler.initialNoiseScale))
      let first = noises[generation.request.seed] ?? noise
      noises[generation.request.seed] = first
      return max(largest, Identities.difference(noise, from: first))
    }
  }

  // MARK: Walking

  private struct Walk {
    var frames: [Frame] = []
    var latent: Tensor
    var image: Image
    var guidanceNorm = 0.0
    var seconds = 0.0
  }

  /// Places whose pictures may share passes of the U-Net: alike in sampler and guidance, and few
  /// enough for the memory of a batch.
  private static func groups(of generations: [Generation]) -> [[Int]] {
    var groups: [[Int]] = []
    for (index, generation) in generations.enumerated() {
      let pixels = generation.start.shape[2] * generation.start.shape[3]
      let most = max(1, min(16, 8192 / pixels))
      func isAlike(_ group: [Int]) -> Bool {
        let other = generations[group[0]].request
        return other.sampler == generation.request.sampler
          && other.guidanceScale == generation.request.guidanceScale && group.count < most
      }
      if let place = groups.firstIndex(where: isAlike) {
        groups[place].append(index)
      } else {
        groups.append([index])
      }
    }
    return groups
  }

  /// - Parameters:
  ///   - count: how many pictures the generation makes together.
  ///   - kept: the steps whose pictures are decoded; a step more than once where the walk is short.
  /// - Returns: a walk for each picture, and the first two steps.
  private static func walk(
    _ generation: Generation, rows count: Int, kept: [Int], _ progress: () -> Void
  ) throws -> (rows: [Walk], begun: [GenerationStep]) {
    var frames: [[Frame]] = Array(repeating: [], count: count)
    var norms = [Double](repeating: 0, count: count)
    var (latent, begun, seconds) = (generation.start, [GenerationStep](), 0.0)
    for step in generation {
      latent = try step.checkedNext(of: generation.model)
      if begun.count < 2 { begun.append(step) }
      seconds += step.seconds
      let direction = step.guidanceDirection
      let repeats = kept.filter { $0 == step.number }.count
      let pictures =
        repeats > 0 ? Image.batch(generation.believed(step.predictedOriginal)) : []
      for row in 0..<count {
        norms[row] += direction.map { $0.rows(row..<row + 1).norm } ?? 0
        for _ in 0..<repeats {
          frames[row].append(Frame(step: step.number, t: step.t, believed: pictures[row]))
        }
        progress()
      }
    }
    let images = Image.batch(try generation.finished(latent))
    let rows = (0..<count).map { row in
      Walk(
        frames: frames[row], latent: latent.rows(row..<row + 1), image: images[row],
        guidanceNorm: norms[row] / Double(max(generation.stepCount, 1)),
        seconds: seconds / Double(count))
    }
    return (rows, begun)
  }

  // MARK: What is seen

  /// The picture's file: `images/sampler-ddim-seed-3.png`.
  package func file(of item: Item) -> String { "images/\(lists.stem(item.index)).png" }

  /// The root mean square of what sets two pictures apart, in values from 0 to 1.
  package static func distance(_ a: Image, _ b: Image) -> Double {
    let sum = zip(a.rgb.pixels, b.rgb.pixels).reduce(0.0) {
      let difference = Double($1.0) - Double($1.1)
      return $0 + difference * difference
    }
    return (sum / Double(a.rgb.pixels.count)).squareRoot() / 255
  }

  /// How far the pictures are from their mean at each place of the timeline: the root mean square over
  /// pixels and pictures, in values from 0 to 1.
  package var spreads: [Double] {
    timeline.indices.map { place in
      let pictures = items.map { $0.frames[place].believed.rgb.pixels }
      let count = Double(pictures.count)
      var (sums, squares) = ([Double](repeating: 0, count: pictures[0].count), 0.0)
      for picture in pictures {
        for (i, value) in picture.enumerated() {
          sums[i] += Double(value)
          squares += Double(value) * Double(value)
        }
      }
      let means = sums.reduce(0) { $0 + $1 * $1 } / count
      return (max(squares - means, 0) / count / Double(sums.count)).squareRoot() / 255
    }
  }
}
