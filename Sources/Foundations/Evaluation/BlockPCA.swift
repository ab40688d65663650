import Checkpoints
import Storybook
import Tensors

/// The best linear autoencoder of blocks of f×f pixels, for comparison: each block becomes its
/// coordinates along the directions in which blocks vary most (Pearson, Phil. Mag. 2, 1901).
///
/// With as many directions as a model's latent has channels, it keeps the same number of values.
package struct BlockPCA: Sendable {
  /// f
  package let factor: Int
  /// The mean block, shape [1, 3·f²].
  private let mean: Tensor
  /// Orthonormal directions, the strongest first: shape [components, 3·f²].
  package let components: Tensor

  /// How many directions there are.
  package var count: Int { components.shape[0] }

  // MARK: Keeping

  /// What its file beside an autoencoder's weights is called.
  package static let fileName = "block_pca.safetensors"

  /// What a file keeps of it: `mean`, [1, 3·f²], and `components`, [components, 3·f²].
  package var tensors: [String: Tensor] { ["mean": mean, "components": components] }

  /// One that was learned before.
  /// - Parameters:
  ///   - source: `tensors`, as they were written.
  ///   - factor: f.
  /// - Throws: `CheckpointError` where a tensor is missing or has another shape.
  package init(_ source: some WeightSource, factor: Int) throws {
    let size = 3 * factor * factor
    let count = source.info("components")?.shape.first ?? 0
    self.factor = factor
    mean = try source.tensor(named: "mean", shape: [1, size])
    // In float16 they are orthonormal to a thousandth only.
    components = Self.orthonormal(try source.tensor(named: "components", shape: [count, size]))
  }

  // MARK: Learning

  /// Learns from blocks at random places of pictures.
  /// - Parameters:
  ///   - pictures: [B, 3, H, W], no smaller than a block.
  ///   - factor: f.
  ///   - count: how many directions; no more than 3·f².
  ///   - blocksPerPicture: how many are cut out of each picture.
  package init(
    learningFrom pictures: Tensor, factor: Int, components count: Int, blocksPerPicture: Int = 64
  ) {
    let size = 3 * factor * factor
    precondition((1...size).contains(count), "\(count) directions of blocks with \(size) values")
    let blocks = Self.randomBlocks(pictures, factor: factor, perPicture: blocksPerPicture)
    let mean = blocks.columnSums().scaled(by: 1 / Float(blocks.shape[0])).reshaped([1, size])
    let centered = Tensor.addingVectors(blocks, mean.scaled(by: -1).reshaped([size]))
    // A few more than are wanted, so that those settle sooner.
    let width = min(size, count + 8)
    var directions = Self.orthonormal(TorchGenerator(seed: 7).normal([width, size]))
    // Power iteration on a subspace: each round multiplies it with the blocks' covariance.
    for _ in 0..<12 {
      let coordinates = Tensor.linear(centered, directions)
      let product = Tensor.linearGradients(
        centered, directions, outputGradient: coordinates, needing: .weight
      ).weight
      guard let product else { break }
      directions = Self.orthonormal(product)
    }
    self.factor = factor
    self.mean = mean
    components = directions.rows(0..<count)
  }

  private static func randomBlocks(
    _ pictures: Tensor, factor: Int, perPicture: Int
  ) -> Tensor {
    let (height, width) = (pictures.shape[2], pictures.shape[3])
    let size = 3 * factor * factor
    precondition(height >= factor && width >= factor, "no blocks of \(factor) in \(pictures.shape)")
    return Tensor([pictures.shape[0] * perPicture, size]) { out in
      pictures.withUnsafeElements { pixels in
        for index in 0..<pictures.shape[0] * perPicture {
          var random = SplitMix(seed: 0xB10C, index: UInt64(index))
          let top = random.index(below: height - factor + 1)
          let left = random.index(below: width - factor + 1)
          let picture = index / perPicture * 3 * height * width
          for i in 0..<size {
            let (channel, y, x) = (i / (factor * factor), i / factor % factor, i % factor)
            out[index * size + i] =
              pixels[picture + (channel * height + top + y) * width + left + x]
          }
        }
      }
    }
  }

  /// Gram and Schmidt's procedure, twice over: rounding is made good the second time.
  private static func orthonormal(_ rows: Tensor) -> Tensor {
    let (count, size) = (rows.shape[0], rows.shape[1])
    var values = rows.elements.map(Double.init)
    for row in 0..<count {
      for _ in 0..<2 {
        for earlier in 0..<row {
          var dot = 0.0
          for i in 0..<size { dot += values[row * size + i] * values[earlier * size + i] }
          for i in 0..<size { values[row * size + i] -= dot * values[earlier * size + i] }
        }
        var square = 0.0
        for i in 0..<size { square += values[row * size + i] * values[row * size + i] }
        let scale = square > 0 ? 1 / square.squareRoot() : 0
        for i in 0..<size { values[row * size + i] *= scale }
      }
    }
    return Tensor([count, size], values.map(Float.init))
  }

  /// max |V Vᵀ − I|: 0 for orthonormal directions.
  package var orthonormalityError: Double {
    let products = Tensor.linear(components, components).elements
    return products.enumerated().reduce(0) { worst, entry in
      let expected: Float = entry.offset / count == entry.offset % count ? 1 : 0
      return max(worst, Double(abs(entry.element - expected)))
    }
  }

  // MARK: Using

  /// The coordinates of each block: [B·h·w, components].
  /// - Parameter pictures: [B, 3, H, W]; padded to multiples of f.
  package func encode(_ pictures: Tensor) -> Tensor {
    let blocks = Self.blocks(of: pictures.paddedToMultiple(of: factor), factor)
    return Tensor.linear(
      Tensor.addingVectors(blocks, mean.scaled(by: -1).reshaped([mean.count])), components)
  }

  /// The pictures of coordinates, without the padding.
  package func decode(_ coordinates: Tensor, batch: Int, height: Int, width: Int) -> Tensor {
    let blocks = Tensor.addingVectors(
      Tensor.linear(coordinates, components.permuted([1, 0])), mean.reshaped([mean.count]))
    let rows = (height + factor - 1) / factor
    let columns = (width + factor - 1) / factor
    let padded = Tensor([batch, 3, rows * factor, columns * factor]) { out in
      blocks.withUnsafeElements { values in
        Self.walk(batch: batch, rows: rows, columns: columns, factor) { out[$0] = values[$1] }
      }
    }
    return padded.cropped(height: height, width: width)
  }

  /// There and back.
  /// - Parameter pictures: [B, 3, H, W].
  /// - Returns: the same shape.
  package func reconstruct(_ pictures: Tensor) -> Tensor {
    decode(
      encode(pictures), batch: pictures.shape[0], height: pictures.shape[2],
      width: pictures.shape[3])
  }

  /// [B, 3, H, W] → [B·h·w, 3·f²]
  private static func blocks(of padded: Tensor, _ factor: Int) -> Tensor {
    let (rows, columns) = (padded.shape[2] / factor, padded.shape[3] / factor)
    return Tensor([padded.shape[0] * rows * columns, 3 * factor * factor]) { out in
      padded.withUnsafeElements { pixels in
        Self.walk(batch: padded.shape[0], rows: rows, columns: columns, factor) {
          out[$1] = pixels[$0]
        }
      }
    }
  }

  /// Every pixel's place in pictures and in blocks.
  @inline(__always)
  private static func walk(
    batch: Int, rows: Int, columns: Int, _ factor: Int, _ body: (_ pixel: Int, _ value: Int) -> Void
  ) {
    let (height, width, size) = (rows * factor, columns * factor, 3 * factor * factor)
    for line in 0..<batch * 3 * height {
      let (picture, channel, y) = (line / (3 * height), line / height % 3, line % height)
      let firstBlock = (picture * rows + y / factor) * columns
      let inBlock = channel * factor * factor + y % factor * factor
      for x in 0..<width {
        body(line * width + x, (firstBlock + x / factor) * size + inBlock + x % factor)
      }
    }
  }
}

/// The pictures that directions are learned from: the mix that the autoencoders learn from.
package enum PCALessons {
  /// The first of them, [count, 3, 128, 128] in [−1, 1].
  /// - Parameter count: how many.
  package static func pictures(count: Int = 128) -> Tensor {
    PictureMix(seed: 42, split: .training).pictures(0..<count)
  }
}
