import Tensors

/// Pixels as a decoder gives them: interleaved, alpha apart, 8 or 16 bits.
struct PictureSamples: Sendable {
  let width, height: Int
  /// 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
  let channels: Int
  let values: Values

  enum Values: Sendable {
    case bytes([UInt8])
    case words([UInt16])
  }

  /// Grey alone in 16 bits, which Pillow's conversion to colour does not scale but cuts at 255.
  var isDeepGrey: Bool {
    guard case .words = values else { return false }
    return channels == 1
  }

  private var hasAlpha: Bool { channels % 2 == 0 }

  var isTransparent: Bool {
    guard hasAlpha else { return false }
    func seenThrough<Sample: FixedWidthInteger>(_ values: [Sample]) -> Bool {
      stride(from: channels - 1, to: values.count, by: channels).contains { values[$0] != .max }
    }
    return switch values {
    case .bytes(let values): seenThrough(values)
    case .words(let values): seenThrough(values)
    }
  }

  /// The picture upright.
  func turned(by orientation: PictureOrientation) -> PictureSamples {
    guard orientation != .upright else { return self }
    let (w, h) = (width, height)
    // Where the first pixel lies in the file, and how far the next one to the right and the next
    // one down are from it.
    let (first, right, down): (Int, Int, Int) =
      switch orientation {
      case .upright: (0, 1, w)
      case .mirrored: (w - 1, -1, w)
      case .upsideDown: (w * h - 1, -1, -w)
      case .flipped: (w * (h - 1), 1, -w)
      case .transposed: (0, w, 1)
      case .onItsRightSide: (w * (h - 1), -w, 1)
      case .transversed: (w * h - 1, -w, -1)
      case .onItsLeftSide: (w - 1, w, -1)
      }
    let (width, height) = orientation.isSideways ? (h, w) : (w, h)
    let channels = self.channels
    func moved<Sample>(_ values: [Sample]) -> [Sample] {
      [Sample](unsafeUninitializedCapacity: values.count) { out, initialized in
        values.withUnsafeBufferPointer { values in
          for y in 0..<height {
            for x in 0..<width {
              let source = (first + x * right + y * down) * channels
              let target = (y * width + x) * channels
              for c in 0..<channels { out[target + c] = values[source + c] }
            }
          }
        }
        initialized = values.count
      }
    }
    let moved: Values =
      switch values {
      case .bytes(let values): .bytes(moved(values))
      case .words(let values): .words(moved(values))
      }
    return PictureSamples(width: width, height: height, channels: channels, values: moved)
  }

  /// 8-bit RGB, transparent pixels over white.
  var image: Image {
    if case .bytes(let values) = values, channels == 3 {
      return Image(width: width, height: height, channels: .rgb, pixels: values)
    }
    return Image(tensor(.overWhite))
  }

  /// Shape [1, 3, H, W], range [−1, 1].
  func tensor(_ transparency: PictureFile.Transparency) -> Tensor {
    let laid = hasAlpha && transparency == .overWhite
    return switch values {
    case .bytes(let values): tensor(values, white: 255, laidOnWhite: laid)
    case .words(let values): tensor(values, white: 65535, laidOnWhite: laid)
    }
  }

  @inline(__always)
  private func tensor<Sample: FixedWidthInteger>(
    _ values: [Sample], white: Int32, laidOnWhite: Bool
  ) -> Tensor {
    let plane = width * height
    let channels = self.channels
    let step = channels >= 3 ? 1 : 0
    let half = Float(white) / 2
    let scale = 1 / Float(white)
    return Tensor([1, 3, height, width]) { out in
      values.withUnsafeBufferPointer { values in
        Threads.split(plane, grain: 1 << 16) { range in
          for channel in 0..<3 {
            let target = UnsafeMutableBufferPointer(
              rebasing: out[(channel * plane)..<((channel + 1) * plane)])
            let source = channel * step
            if laidOnWhite {
              for i in range {
                let color = Float(values[i * channels + source])
                let alpha = Float(values[i * channels + channels - 1]) * scale
                target[i] = (color * alpha + Float(white) * (1 - alpha)) / half - 1
              }
            } else {
              for i in range { target[i] = Float(values[i * channels + source]) / half - 1 }
            }
          }
        }
      }
    }
  }
}
