import Foundation
import Tensors

/// The classical way to compress a picture, for comparison: a discrete cosine transform of 8×8
/// blocks, quantised, and coded by how often each value occurs.
///
/// Red, green and blue are turned into a grey and two differences first, by an orthonormal matrix; one
/// step quantises all coefficients, which is best for the mean squared error. The size is the
/// empirical entropy of each frequency of each colour, the mean of a block coded as the difference
/// from the block before. The tables of the code are counted as free: a real file is a little larger.
package final class CosineCodec {
  package static let block = 8
  private static let values = 3 * block * block

  package let height: Int
  package let width: Int
  private let rows: Int
  private let columns: Int
  /// [3·64, blocks]: for each frequency of each colour, its coefficients block by block.
  private let coefficients: Tensor
  /// The sizes that were measured, by the index of the step.
  private var sizes: [Int: Double] = [:]

  /// - Parameter picture: [1, 3, H, W] in [−1, 1]; padded to multiples of 8.
  package init(_ picture: Tensor) {
    (height, width) = (picture.shape[2], picture.shape[3])
    let padded = picture.paddedToMultiple(of: Self.block)
    (rows, columns) = (padded.shape[2] / Self.block, padded.shape[3] / Self.block)
    coefficients = Self.transformed(padded)
  }

  /// The coefficients, for tests of the transform: [3·64, blocks].
  package var spectrum: Tensor { coefficients }

  // MARK: Size

  /// The bits of the picture at a step of the grid.
  package func bits(at index: Int) -> Double {
    if let known = sizes[index] { return known }
    let blocks = rows * columns
    let step = QuantizerGrid.step(index)
    var sizesOfSymbols = [Double](repeating: 0, count: Self.values)
    coefficients.withUnsafeElements { values in
      sizesOfSymbols.withUnsafeMutableBufferPointer { sizes in
        Threads.split(Self.values, grain: 1 + (1 << 15) / blocks) { range in
          for symbol in range {
            let line = UnsafeBufferPointer(
              rebasing: values[symbol * blocks..<(symbol + 1) * blocks])
            sizes[symbol] = Self.bits(line, step, differing: symbol % 64 == 0)
          }
        }
      }
    }
    let total = sizesOfSymbols.reduce(0, +)
    sizes[index] = total
    return total
  }

  /// - Parameter differing: whether each value is coded as the difference from the one before.
  private static func bits(
    _ line: UnsafeBufferPointer<Float>, _ step: Float, differing: Bool
  ) -> Double {
    let levels = line.map { Int32(($0 / step).rounded()) }
    guard differing else { return Entropy.bits(of: levels) }
    return Entropy.bits(of: zip(levels, [0] + levels.dropLast()).map { $0 &- $1 })
  }

  /// The finest step at which the picture takes no more than so many bits.
  package func step(within bits: Double) -> Int {
    QuantizerGrid.finest { self.bits(at: $0) <= bits }
  }

  // MARK: Picture

  /// The picture after quantisation.
  /// - Returns: [1, 3, H, W]
  package func reconstruction(at index: Int) -> Tensor {
    Self.restored(
      coefficients.quantized(at: index), rows: rows, columns: columns
    ).cropped(height: height, width: width)
  }

  /// How many coefficients are not zero.
  package func valuesKept(at index: Int) -> Int {
    let half = QuantizerGrid.step(index) / 2
    return coefficients.withUnsafeElements { $0.count { abs($0) >= half } }
  }

  // MARK: The transform

  /// Grey and two differences: orthonormal rows.
  private static let colors: [Float] =
    [1, 1, 1].map { $0 / Float(3).squareRoot() } + [1, 0, -1].map { $0 / Float(2).squareRoot() }
    + [1, -2, 1].map { $0 / Float(6).squareRoot() }

  /// C[k][x] = √(2/8) cos((2x + 1) k π / 16), the first row divided by √2 (Ahmed, Natarajan, Rao, IEEE
  /// Trans. Computers C-23, 1974): orthonormal rows.
  private static let cosines: [Float] = (0..<64).map { i in
    let (k, x) = (Double(i / 8), Double(i % 8))
    let scale = (k == 0 ? 0.125 : 0.25).squareRoot()
    return Float(scale * cos((2 * x + 1) * k * .pi / 16))
  }

  private static func transformed(_ padded: Tensor) -> Tensor {
    let (height, width) = (padded.shape[2], padded.shape[3])
    let (rows, columns, area) = (height / block, width / block, height * width)
    let blocks = rows * columns
    return Tensor([values, blocks]) { out in
      padded.withUnsafeElements { pixels in
        Threads.split(blocks, grain: 32) { range in
          var (plane, half) = ([Float](repeating: 0, count: 64), [Float](repeating: 0, count: 64))
          for index in range {
            for color in 0..<3 {
              for i in 0..<64 {
                let y = index / columns * block + i / 8
                let at = y * width + index % columns * block + i % 8
                plane[i] =
                  colors[3 * color] * pixels[at] + colors[3 * color + 1] * pixels[area + at]
                  + colors[3 * color + 2] * pixels[2 * area + at]
              }
              multiply(&half, plane, turned: false)
              multiply(&plane, half, turned: false)
              for i in 0..<64 { out[(color * 64 + i) * blocks + index] = plane[i] }
            }
          }
        }
      }
    }
  }

  private static func restored(_ coefficients: Tensor, rows: Int, columns: Int) -> Tensor {
    let (height, width) = (rows * block, columns * block)
    let blocks = rows * columns
    return Tensor([1, 3, height, width]) { out in
      coefficients.withUnsafeElements { values in
        Threads.split(blocks, grain: 32) { range in
          var planes = [[Float]](repeating: [Float](repeating: 0, count: 64), count: 3)
          var half = [Float](repeating: 0, count: 64)
          for index in range {
            for color in 0..<3 {
              for i in 0..<64 {
                planes[color][i] = values[(color * 64 + i) * blocks + index]
              }
              multiply(&half, planes[color], turned: true)
              multiply(&planes[color], half, turned: true)
            }
            for channel in 0..<3 {
              for i in 0..<64 {
                let y = index / columns * block + i / 8
                let at = y * width + index % columns * block + i % 8
                out[channel * height * width + at] =
                  colors[channel] * planes[0][i] + colors[3 + channel] * planes[1][i]
                  + colors[6 + channel] * planes[2][i]
              }
            }
          }
        }
      }
    }
  }

  /// out = (C · in)ᵀ, or with `turned` out = (Cᵀ · in)ᵀ: done twice, rows and columns are transformed.
  private static func multiply(_ out: inout [Float], _ values: [Float], turned: Bool) {
    out.withUnsafeMutableBufferPointer { out in
      values.withUnsafeBytes { values in
        cosines.withUnsafeBufferPointer { cosines in
          for k in 0..<8 {
            // Row k of the product, all its columns at once.
            var row = SIMD8<Float>(repeating: 0)
            for j in 0..<8 {
              row +=
                cosines[turned ? j * 8 + k : k * 8 + j]
                * values.loadUnaligned(
                  fromByteOffset: 32 * j, as: SIMD8<Float>.self)
            }
            for x in 0..<8 { out[x * 8 + k] = row[x] }
          }
        }
      }
    }
  }
}
