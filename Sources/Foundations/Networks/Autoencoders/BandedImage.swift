import Tensors

/// One channels-last image in bands of rows, each in memory of its own: a band is let go of as soon as
/// it has been used, so that a layer's input makes room for its output.
///
/// What comes out is what the layers give of the whole image: a convolution sees the rows above and
/// below a band, and a norm the mean and variance of all bands.
final class BandedImage {
  /// [1, h, W, C] each, from top to bottom; nil once let go of.
  private var bands: [Tensor?] = []

  init() {}

  /// - Parameters:
  ///   - image: [1, H, W, C]
  ///   - rows: of each band but the last.
  init(_ image: Tensor, rows: Int) {
    let height = image.shape[1]
    bands = stride(from: 0, to: height, by: rows).map {
      image.slice($0..<min($0 + rows, height), along: 1)
    }
  }

  /// Adds a band below the others.
  func append(_ band: Tensor) { bands.append(band) }

  /// A band, which is let go of here.
  func take(_ index: Int) -> Tensor {
    guard let band = bands[index] else { preconditionFailure("band \(index) has been used") }
    bands[index] = nil
    return band
  }

  /// The whole image, [1, H, W, C].
  func joined() -> Tensor { .concatenated(bands.compactMap(\.self), along: 1) }

  /// `norm` by the statistics of all bands, and SiLU after it.
  func normalization(_ norm: GroupNorm) -> GroupNormalization {
    GroupNormalization(
      of: bands.compactMap(\.self), groups: norm.groups, weight: norm.weight.value,
      bias: norm.bias.value, epsilon: norm.epsilon, silu: true)
  }

  /// A band and what surrounds it.
  struct Place {
    let index: Int
    let band: Tensor
    /// With one row of the band above and one of the band below, where there are any.
    let surrounded: Tensor
    /// Whether these are there.
    let above, below: Bool

    /// The padding of a 3×3 convolution for which the rows above and below are there already.
    var padding: Padding { Padding(top: above ? 0 : 1, left: 1, bottom: below ? 0 : 1, right: 1) }
  }

  /// Shows the bands in order.
  /// - Parameter releasing: whether each is let go of once `body` has seen it.
  func walk(releasing: Bool, _ body: (Place) -> Void) {
    var above: Tensor?
    for index in bands.indices {
      guard let band = releasing ? take(index) : bands[index] else {
        preconditionFailure("band \(index) has been used")
      }
      let below = bands.dropFirst(index + 1).first?.map { $0.slice(0..<1, along: 1) }
      let surrounded = Tensor.concatenated([above, band, below].compactMap(\.self), along: 1)
      above = band.slice(band.shape[1] - 1..<band.shape[1], along: 1)
      body(
        Place(
          index: index, band: band, surrounded: surrounded, above: index > 0, below: below != nil))
      // Bands of the next layer have other sizes: kept for those, memory would be in their way.
      if releasing { BufferPool.shared.drain() }
    }
  }
}

extension Convolution2d {
  /// The 3×3 convolution of one band.
  /// - Parameters:
  ///   - x: the band as it is surrounded.
  ///   - place: where it lies.
  ///   - residual: the band's size, added to the result.
  fileprivate func callAsFunction(
    _ x: Tensor, at place: BandedImage.Place, adding residual: Tensor? = nil
  ) -> Tensor {
    ForwardPass().convolution(
      x, weight, bias, stride: stride, padding: place.padding, adding: residual, at: path)
  }
}

extension ResnetBlock {
  /// The block of an image whose bands it uses up.
  fileprivate func callAsFunction(_ x: BandedImage) -> BandedImage {
    let (hidden, output) = (BandedImage(), BandedImage())
    let residual = shortcut == nil ? x : BandedImage()
    let first = x.normalization(norm1)
    x.walk(releasing: shortcut != nil) { place in
      hidden.append(conv1(first(place.surrounded), at: place))
      if let shortcut { residual.append(shortcut(place.band, ForwardPass())) }
    }
    let second = hidden.normalization(norm2)
    hidden.walk(releasing: true) { place in
      output.append(
        conv2(second(place.surrounded), at: place, adding: residual.take(place.index)))
    }
    return output
  }
}

extension Upsample {
  /// The layer of an image whose bands it uses up.
  fileprivate func callAsFunction(_ x: BandedImage) -> BandedImage {
    let output = BandedImage()
    x.walk(releasing: true) { place in
      let large = Tensor.upsampleNearest2x(place.surrounded)
      // One row of each neighbour's two is enough.
      let rows = (place.above ? 1 : 0)..<large.shape[1] - (place.below ? 1 : 0)
      output.append(convolution(large.slice(rows, along: 1), at: place))
    }
    return output
  }
}

extension AutoencoderDecoder {
  /// The most numbers that a layer may give at once before the image is cut: 64 MB.
  static let largestWhole = 1 << 24

  /// At which level an image is cut into bands, and how many rows of that level each has; nil where
  /// all of it is small, or a level attends, for which it needs all pixels.
  /// - Parameters:
  ///   - shape: of the image before the first level, [1, h, w].
  ///   - limit: the most numbers that a layer may give at once.
  func bands(of shape: [Int], above limit: Int) -> (level: Int, rows: Int)? {
    guard levels.allSatisfy({ $0.attentions.isEmpty }) else { return nil }
    let counts = levels.indices.map { level in
      let growth = level < levels.count - 1 ? 4 : 1
      return shape[1] * shape[2] << (2 * level) * growth * levels[level].outputs
    }
    guard let first = counts.firstIndex(where: { $0 > limit }) else { return nil }
    let height = shape[1] << first
    let parts = ((counts.max() ?? 1) * 2 + limit - 1) / limit
    // Whole tiles of the convolutions.
    return (first, ((height + parts - 1) / parts + 3) / 4 * 4)
  }

  /// The levels from `first` on and what follows them, band by band.
  /// - Parameters:
  ///   - h: [1, h, w, C], what the levels before gave.
  ///   - first: the index of the level.
  ///   - rows: of each band.
  /// - Returns: [1, H, W, outChannels]
  func inBands(_ h: consuming Tensor, from first: Int, rows: Int) -> Tensor {
    var image = BandedImage(h, rows: rows)
    for level in levels[first...] {
      for resnet in level.resnets { image = resnet(image) }
      if case .up(let upsample) = level.resampling { image = upsample(image) }
    }
    let output = BandedImage()
    let norm = image.normalization(normOut)
    image.walk(releasing: true) { output.append(convOut(norm($0.surrounded), at: $0)) }
    return output.joined()
  }
}

extension AutoencoderLevel {
  /// Channels behind its ResNet blocks.
  fileprivate var outputs: Int { resnets.last?.conv2.weight.shape[0] ?? 0 }
}
