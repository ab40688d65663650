import Tensors

extension Tensor {
  /// The channels of a latent beside each other in one map, with a line of NaN between them: colour
  /// maps show it in grey.
  /// - Precondition: shape [1, C, h, w].
  /// - Returns: shape [H, W].
  public var channelMosaic: Tensor {
    precondition(rank == 4 && shape[0] == 1 && count > 0, "expected [1, C, h, w], found \(shape)")
    let (channels, height, width) = (shape[1], shape[2], shape[3])
    let columns = Self.mosaicColumns(channels)
    let (rows, across) = (channels / columns, columns * (width + 1) - 1)
    var mosaic = Tensor([rows * (height + 1) - 1, across], repeating: .nan)
    mosaic.withUnsafeMutableElements { out in
      withUnsafeElements { values in
        for i in 0..<values.count {
          let (channel, y, x) = (i / (height * width), i / width % height, i % width)
          let row = channel / columns * (height + 1) + y
          out[row * across + channel % columns * (width + 1) + x] = values[i]
        }
      }
    }
    return mosaic
  }

  /// The least divisor of the number of channels that makes the mosaic no higher than wide.
  private static func mosaicColumns(_ channels: Int) -> Int {
    (1...channels).first { channels % $0 == 0 && $0 * $0 >= channels } ?? channels
  }
}
