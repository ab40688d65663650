import Foundation
import Imaging
import Pages
import Tensors

/// The pictures of the page, cut so that the page stays small: of a large picture its middle, pixel
/// by pixel, as large a square as there is room for.
struct PagePictures {
  let rows: Range<Int>
  let columns: Range<Int>
  let original: Picture
  /// In the order of the models; in pixel space the picture itself.
  let reconstructions: [Picture]
  let errors: [Picture]
  /// By the name of the baseline.
  let baselines: [String: Picture]

  var isWhole: Bool { isWholePicture }
  private let isWholePicture: Bool

  private static let sides = [1024, 768, 512, 448, 384, 320, 256, 192, 128, 64]

  /// - Parameter budget: the most bytes that the PNG files may take together.
  init(_ experiment: CompressionExperiment, budget: Int) {
    let longest = max(experiment.height, experiment.width)
    let candidates = [longest] + Self.sides.filter { $0 < longest }
    var chosen: PagePictures?
    // Encoding pictures that cannot fit would take longer than all the rest.
    var hopeless = 1 << 20
    for side in candidates {
      let area = min(side, experiment.height) * min(side, experiment.width)
      guard area <= hopeless || side == candidates.last else { continue }
      let cut = PagePictures(experiment, side: side)
      chosen = cut
      if cut.bytes <= budget { break }
      // A smaller part of the same picture takes about as many bytes a pixel.
      hopeless = Int(1.1 * Double(area) * Double(budget) / Double(cut.bytes))
    }
    self = chosen ?? PagePictures(experiment, side: 64)
  }

  private init(_ experiment: CompressionExperiment, side: Int) {
    /// The middle, beginning where every f has a latent pixel of its own.
    func span(_ length: Int) -> Range<Int> {
      guard side < length else { return 0..<length }
      let unit = CompressionError.largestFactor
      let start = (length - side) / 2 / unit * unit
      return start..<start + side
    }
    let (rows, columns) = (span(experiment.height), span(experiment.width))
    func cut(_ tensor: Tensor) -> Tensor { tensor.cropped(rows: rows, columns: columns) }
    func part(_ image: Image) -> Image { image.cropped(rows: rows, columns: columns) }
    let (picture, found) = (cut(experiment.original), experiment.reconstructions)
    original = Picture(png: PNG.data(of: Image(picture)))
    reconstructions = Picture.shown(
      found.map { $0.model.isLatent ? part($0.image) : Image(picture) }, atMost: side)
    errors = Picture.shown(
      found.map {
        let back = $0.model.isLatent ? cut($0.image.tensor) : picture
        return ErrorMap.image(back, picture, range: experiment.errorRange)
      }, atMost: side)
    let others = experiment.components + experiment.cosines
    baselines = Dictionary(
      uniqueKeysWithValues: zip(
        others.map(\.name), Picture.shown(others.map { part($0.image) }, atMost: side)))
    (self.rows, self.columns) = (rows, columns)
    isWholePicture = rows.count == experiment.height && columns.count == experiment.width
  }

  private var bytes: Int {
    ([original] + reconstructions + errors + Array(baselines.values))
      .reduce(0) { $0 + $1.png.count }
  }

  // MARK: Latents

  /// The part of a latent that belongs to what is shown: [1, c, h', w'].
  private func part(_ latent: Tensor, factor: Int) -> Tensor {
    func span(_ pixels: Range<Int>, _ limit: Int) -> Range<Int> {
      pixels.lowerBound / factor..<min((pixels.upperBound + factor - 1) / factor, limit)
    }
    return latent.cropped(
      rows: span(rows, latent.shape[2]), columns: span(columns, latent.shape[3]))
  }

  func latent(_ found: Reconstruction) -> Picture {
    let part = part(found.latent.mean, factor: found.model.factor)
    return grid(LatentMaps.channels(of: part), part.channelMosaic)
  }

  /// What keeps the latent in order: σ for KL, the codes for VQ; nil in pixel space.
  func regularizer(_ found: Reconstruction) -> Picture? {
    if let posterior = found.latent.posterior {
      let part = part(posterior.standardDeviation, factor: found.model.factor)
      return grid(LatentMaps.sigma(part), part.channelMosaic)
    }
    guard !found.codes.isEmpty else { return nil }
    let shape = [1, 1] + found.latent.mean.shape.suffix(2)
    let map = part(Tensor(shape, found.codes.map(Float.init)), factor: found.model.factor)
    return grid(
      LatentMaps.codes(map.elements.map { Int($0) }, width: map.shape[3]),
      map.reshaped(Array(map.shape.suffix(2))))
  }

  /// The numbers themselves go along while they are few, so that they can be read off.
  private func grid(_ image: Image, _ values: Tensor) -> Picture {
    Picture(
      png: PNG.data(of: image), kind: .grid, values: values.count <= 4096 ? values.elements : nil)
  }
}
