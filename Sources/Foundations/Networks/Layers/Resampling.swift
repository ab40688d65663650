import Tensors

/// Halves height and width by a convolution of stride 2.
public struct Downsample: Sendable {
  /// The diffusers module path.
  public let path: String
  /// 3×3, stride 2.
  public let convolution: Convolution2d

  /// - Parameters:
  ///   - channels: before the layer and behind it.
  ///   - padding: 1 pads all sides by one pixel (the U-Net); 0 pads below and to the right only
  ///     (the autoencoders).
  ///   - scope: where its parameters lie.
  public init(_ channels: Int, padding: Int, in scope: ParameterScope) throws {
    path = scope.path
    convolution = try Convolution2d(
      channels, channels, stride: 2,
      padding: padding == 0 ? Padding(top: 0, left: 0, bottom: 1, right: 1) : Padding(padding),
      in: scope["conv"])
  }

  /// - Parameters:
  ///   - x: [B, H, W, C]
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [B, H/2, W/2, C], rounded up with padding on all sides, else down.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layer(path, .downsample, x.shape) { convolution(x, pass) }
  }
}

/// Doubles height and width: nearest neighbour, then a 3×3 convolution.
public struct Upsample: Sendable {
  /// The diffusers module path.
  public let path: String
  /// 3×3, on the enlarged image.
  public let convolution: Convolution2d

  /// Makes the layer at `scope`.
  /// - Throws: `CheckpointError`.
  public init(_ channels: Int, in scope: ParameterScope) throws {
    path = scope.path
    convolution = try Convolution2d(channels, channels, in: scope["conv"])
  }

  /// - Parameters:
  ///   - x: [B, H, W, C]
  ///   - size: the height and width to reach, when not exactly double: the size of the skip
  ///     connection that will be joined, one less where halving had rounded up.
  ///   - pass: which probe looks on and which tape records.
  public func callAsFunction(
    _ x: Tensor, to size: (height: Int, width: Int)? = nil, _ pass: ForwardPass
  ) -> Tensor {
    pass.layer(path, .upsample, x.shape) {
      var large = pass.upsample(x)
      if let size { large = pass.cropped(large, height: size.height, width: size.width) }
      return convolution(large, pass)
    }
  }
}
