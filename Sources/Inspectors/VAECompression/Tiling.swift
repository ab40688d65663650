import Imaging
import LatentDiffusion
import Tensors

/// Working on a large picture in overlapping tiles that are blended, where the whole would need too
/// much memory or time.
///
/// A tile is not a part of the whole: its group norms see the tile alone, and so does attention. How
/// much that changes is measured, see `TilingDifference`.
package struct Tiling: Sendable, Equatable {
  /// Pixels on each side of a tile; nil works on the whole picture.
  package let side: Int?

  package static let whole = Tiling(side: nil)

  package init(side: Int?) { self.side = side }

  /// Neighbours share a quarter of their side.
  static func stride(of side: Int) -> Int { max(side * 3 / 4, 1) }
}

extension Tiling {
  /// The most memory that activations of one model may take, in bytes.
  private static let memoryLimit = 3 << 30
  /// The most tokens that attention compares with one another, on the whole and in a tile.
  private static let mostTokens = 1 << 16
  private static let mostTokensOfTile = 1 << 14

  /// What a model needs for a picture of this size: the whole where that is reasonable.
  /// - Parameter asked: the side of tiles that a person asks for.
  package static func plan(
    for stage: FirstStage, height: Int, width: Int, asked: Int? = nil
  ) -> Tiling {
    guard let architecture = stage.architecture else { return .whole }
    let f = architecture.downsamplingFactor
    func rounded(_ side: Int) -> Int { max(side / (4 * f), 1) * 4 * f }
    if let asked {
      let side = rounded(asked)
      return side < max(height, width) ? Tiling(side: side) : .whole
    }
    // The decoder's finest level has its own input, what the norms make of it, and the output.
    let finest = architecture.blockOutChannels.prefix(2).max() ?? 1
    let pixels = memoryLimit / (4 * 4 * finest)
    let attends = architecture.midBlockAttention || architecture.encoderAttention.contains(true)
    if height * width <= pixels, !attends || height * width <= mostTokens * f * f { return .whole }
    let byMemory = Int(Double(pixels).squareRoot())
    let byAttention = attends ? Int(Double(mostTokensOfTile).squareRoot()) * f : byMemory
    return Tiling(side: rounded(min(byMemory, byAttention)))
  }
}

extension Tiling {
  /// Applies `body` tile by tile and blends the results: each tile fades out over what it shares with
  /// its neighbours.
  /// - Parameters:
  ///   - input: shape [B, C, H, W].
  ///   - unit: tiles begin at multiples of this.
  ///   - enlarging, shrinking: the result has H · enlarging / shrinking rows; the side of tiles is in
  ///     pixels of the picture, which are those of the larger of input and result.
  func map(
    _ input: Tensor, unit: Int, enlarging: Int, shrinking: Int, _ body: (Tensor) -> Tensor
  ) -> Tensor {
    guard let side else { return body(input) }
    let inputSide = side / enlarging
    guard inputSide < max(input.shape[2], input.shape[3]) else { return body(input) }
    let rows = Self.spans(input.shape[2], side: inputSide, unit: unit)
    let columns = Self.spans(input.shape[3], side: inputSide, unit: unit)
    func scaled(_ range: Range<Int>) -> Range<Int> {
      range.lowerBound * enlarging / shrinking..<range.upperBound * enlarging / shrinking
    }
    var canvas: TileCanvas?
    for row in rows {
      for column in columns {
        let tile = body(input.cropped(rows: row, columns: column))
        var current =
          canvas
          ?? TileCanvas(
            [
              tile.shape[0], tile.shape[1], input.shape[2] * enlarging / shrinking,
              input.shape[3] * enlarging / shrinking,
            ])
        canvas = nil
        current.add(tile, rows: scaled(row), columns: scaled(column))
        canvas = current
      }
    }
    return canvas?.result ?? body(input)
  }

  /// How many tiles a picture of this size takes.
  package func count(height: Int, width: Int, factor: Int) -> Int {
    guard let side, side < max(height, width) else { return 1 }
    return Self.spans(height, side: side, unit: factor).count
      * Self.spans(width, side: side, unit: factor).count
  }

  /// Where tiles lie along one side: the last one ends at the end.
  static func spans(_ length: Int, side: Int, unit: Int) -> [Range<Int>] {
    guard length > side else { return [0..<length] }
    let step = max(stride(of: side) / unit, 1) * unit
    var starts = Array(Swift.stride(from: 0, to: length - side, by: step))
    starts.append(length - side)
    return starts.map { $0..<$0 + side }
  }
}

/// Sums of weighted tiles, and of their weights.
private struct TileCanvas {
  private var sums: Tensor
  private var weights: Tensor

  init(_ shape: [Int]) {
    sums = .zeros(shape)
    weights = .zeros(Array(shape.suffix(2)))
  }

  mutating func add(_ tile: Tensor, rows: Range<Int>, columns: Range<Int>) {
    let (height, width) = (weights.shape[0], weights.shape[1])
    let down = Self.ramp(rows, of: height)
    let across = Self.ramp(columns, of: width)
    let planes = sums.shape[0] * sums.shape[1]
    weights.withUnsafeMutableElements { weights in
      for (i, y) in rows.enumerated() {
        for (j, x) in columns.enumerated() { weights[y * width + x] += down[i] * across[j] }
      }
    }
    sums.withUnsafeMutableElements { sums in
      tile.withUnsafeElements { tile in
        for plane in 0..<planes {
          for (i, y) in rows.enumerated() {
            let from = (plane * rows.count + i) * columns.count
            let to = (plane * height + y) * width + columns.lowerBound
            for j in 0..<columns.count { sums[to + j] += down[i] * across[j] * tile[from + j] }
          }
        }
      }
    }
  }

  /// The weight of each pixel along a side: less towards an edge that is not the picture's own.
  private static func ramp(_ span: Range<Int>, of length: Int) -> [Float] {
    let reach = Float(max(span.count - Tiling.stride(of: span.count), 1))
    return (0..<span.count).map { i in
      let before = span.lowerBound == 0 ? reach : Float(i) + 0.5
      let after = span.upperBound == length ? reach : Float(span.count - i) - 0.5
      return min(before, after, reach) / reach
    }
  }

  var result: Tensor {
    let plane = weights.count
    return Tensor(sums.shape) { out in
      sums.withUnsafeElements { sums in
        weights.withUnsafeElements { weights in
          for i in 0..<out.count { out[i] = sums[i] / weights[i % plane] }
        }
      }
    }
  }
}

/// How much a model's reconstruction in tiles differs from the one of the whole, measured where both
/// can be made.
package struct TilingDifference: Sendable {
  package let model: String
  package let tiling: Tiling
  /// How many tiles the picture took.
  package let tiles: Int
  /// The part of the picture that was reconstructed both ways.
  package let height: Int
  package let width: Int
  /// Of a pixel value, where black to white is 255.
  package let rootMeanSquare: Double
  package let largest: Double
  /// Of the tiled one against the whole one, in dB.
  package let psnr: Double

  /// Reconstructs the middle of the picture both ways: as much of it as the model takes whole.
  package init(_ model: ComparedModel, on picture: Tensor, tiling: Tiling) {
    let (height, width) = (picture.shape[2], picture.shape[3])
    var part = (height: height, width: width)
    let smallest = 2 * (tiling.side ?? 1)
    while Tiling.plan(for: model.stage, height: part.height, width: part.width) != .whole,
      max(part.height, part.width) > smallest
    {
      part = (max(part.height * 3 / 4, 1), max(part.width * 3 / 4, 1))
    }
    let middle = picture.centerCropped(height: part.height, width: part.width)
    func reconstruction(_ tiling: Tiling) -> Tensor {
      model.decode(
        model.encode(middle, tiling: tiling).mean, height: part.height, width: part.width,
        tiling: tiling
      ).clamped(to: -1...1)
    }
    let (whole, tiled) = (reconstruction(.whole), reconstruction(tiling))
    (self.model, self.tiling) = (model.name, tiling)
    tiles = tiling.count(height: height, width: width, factor: model.factor)
    (self.height, self.width) = part
    let error = whole.meanSquaredError(from: tiled)
    rootMeanSquare = 127.5 * error.squareRoot()
    largest = 127.5 * Double(whole.maxAbsDifference(from: tiled))
    psnr = ImageMetrics.psnr(meanSquaredError: error)
  }
}
