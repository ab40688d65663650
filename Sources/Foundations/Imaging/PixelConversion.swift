import Tensors

// Pixels and tensors, as diffusion models exchange them.
//
//     x = v / 127.5 − 1                                        v in 0…255, x in [−1, 1]
//     v = round(255 · clamp(x / 2 + 1/2, 0, 1))                ties to even
//
// Source: diffusers VaeImageProcessor (normalize, denormalize, numpy_to_pil).

extension Image {
  /// The picture as a tensor: shape [1, 3, H, W] or, of a grey picture, [1, 1, H, W]; range [−1, 1].
  public var tensor: Tensor {
    let plane = width * height
    let channels = self.channels.rawValue
    return Tensor([1, channels, height, width]) { out in
      pixels.withUnsafeBufferPointer { pixels in
        Threads.split(plane, grain: Self.grain) { part in
          for channel in 0..<channels {
            for i in part {
              out[channel * plane + i] = Self.value(pixels[i * channels + channel])
            }
          }
        }
      }
    }
  }

  /// The fewest pixels that are worth a thread.
  private static let grain = 1 << 16

  /// The picture of a tensor.
  /// - Parameter tensor: shape [1, C, H, W] or [C, H, W], C 1 or 3; values outside [−1, 1] are
  ///   clipped, NaN becomes black.
  public init(_ tensor: Tensor) {
    let shape = tensor.rank == 4 ? Array(tensor.shape.dropFirst()) : tensor.shape
    precondition(
      (tensor.rank == 3 || tensor.rank == 4 && tensor.shape[0] == 1)
        && (shape[0] == 1 || shape[0] == 3),
      "expected one picture of shape [1, 1 or 3, H, W], found \(tensor.shape)")
    let (channels, plane) = (shape[0], shape[1] * shape[2])
    self.init(width: shape[2], height: shape[1], channels: channels == 1 ? .grey : .rgb) { out in
      tensor.withUnsafeElements { values in
        Threads.split(plane, grain: Self.grain) { part in
          if channels == 1 {
            for i in part { out[i] = Self.byte(values[i]) }
          } else {
            for i in part {
              out[3 * i] = Self.byte(values[i])
              out[3 * i + 1] = Self.byte(values[plane + i])
              out[3 * i + 2] = Self.byte(values[2 * plane + i])
            }
          }
        }
      }
    }
  }

  @inline(__always)
  private static func value(_ byte: UInt8) -> Float { Float(byte) / 127.5 - 1 }

  /// A value in [−1, 1] as a byte; without a branch, so that many are done at once.
  @inline(__always)
  private static func byte(_ value: Float) -> UInt8 {
    let unit = value / 2 + 0.5
    // `max` first with the constant: a NaN loses the comparison.
    let clipped = Swift.min(unit > 0 ? unit : 0, 1)
    // From 2²³ on single precision has no fractions: the sum is rounded, ties to even, and its last
    // bits are the integer.
    return UInt8(truncatingIfNeeded: (clipped * 255 + 0x1p23).bitPattern)
  }

  /// Values as 8 bits hold them: what comes back of a tensor that is made a picture.
  package static func stored(_ values: Tensor) -> Tensor {
    Tensor(values.shape) { out in
      values.withUnsafeElements { values in
        Threads.split(values.count, grain: Self.grain) { part in
          for i in part { out[i] = Self.value(Self.byte(values[i])) }
        }
      }
    }
  }

  /// The pictures of a batch of shape [B, C, H, W], as `init(_:)`.
  public static func batch(_ tensor: Tensor) -> [Image] {
    precondition(tensor.rank == 4, "expected shape [B, C, H, W], found \(tensor.shape)")
    return (0..<tensor.shape[0]).map { Image(tensor.rows($0..<$0 + 1)) }
  }
}
