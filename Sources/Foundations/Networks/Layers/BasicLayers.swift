import Tensors

/// y = x·Wᵀ + b over the last dimension.
public struct Linear: Sendable {
  /// The diffusers module path.
  public let path: String
  /// [outputs, inputs]
  public let weight: Parameter
  /// [outputs]
  public let bias: Parameter?

  /// - Parameters:
  ///   - inputs: features before the layer.
  ///   - outputs: features behind it.
  ///   - hasBias: whether there is one.
  ///   - initializer: of the weight, when not PyTorch's; the bias then starts at 0.
  ///   - scope: where its parameters lie.
  public init(
    _ inputs: Int, _ outputs: Int, bias hasBias: Bool = true, initializer: Initializer? = nil,
    in scope: ParameterScope
  ) throws {
    path = scope.path
    weight = try scope.parameter("weight", [outputs, inputs], initializer ?? .fanIn(inputs))
    bias =
      try hasBias
      ? scope.parameter(
        "bias", [outputs], initializer == nil ? .fanIn(inputs) : .constant(0)) : nil
  }

  /// - Parameters:
  ///   - x: [..., inputs]
  ///   - residual: [..., outputs], added to the layer's output.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [..., outputs]
  public func callAsFunction(
    _ x: Tensor, adding residual: Tensor? = nil, _ pass: ForwardPass
  ) -> Tensor {
    pass.linear(x, weight, bias, adding: residual, at: path)
  }
}

/// A two-dimensional convolution over channels-last images.
public struct Convolution2d: Sendable {
  /// The diffusers module path.
  public let path: String
  /// [outputs, inputs, kernel, kernel]
  public let weight: Parameter
  /// [outputs]; nil for none.
  public let bias: Parameter?
  /// In pixels, the same in both directions.
  public let stride: Int
  /// The zeros around the image.
  public let padding: Padding

  /// - Parameters:
  ///   - inputs: channels before the layer.
  ///   - outputs: channels behind it.
  ///   - kernel: pixels on a side.
  ///   - stride: pixels from one window to the next.
  ///   - padding: symmetric, keeping the size at stride 1, unless told.
  ///   - hasBias: whether each channel has a number of its own added.
  ///   - scope: where its parameters lie.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Int = 3, stride: Int = 1,
    padding: Padding? = nil, hasBias: Bool = true, in scope: ParameterScope
  ) throws {
    path = scope.path
    let initializer = Initializer.fanIn(inputs * kernel * kernel)
    weight = try scope.parameter("weight", [outputs, inputs, kernel, kernel], initializer)
    bias = hasBias ? try scope.parameter("bias", [outputs], initializer) : nil
    self.stride = stride
    self.padding = padding ?? Padding(kernel / 2)
  }

  /// - Parameters:
  ///   - x: [B, H, W, inputs]
  ///   - vectors: [B, outputs], added to every pixel of the layer's output.
  ///   - residual: the output's shape, added to it.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [B, H', W', outputs]
  public func callAsFunction(
    _ x: Tensor, addingVectors vectors: Tensor? = nil, adding residual: Tensor? = nil,
    _ pass: ForwardPass
  ) -> Tensor {
    pass.convolution(
      x, weight, bias, stride: stride, padding: padding, addingVectors: vectors, adding: residual,
      at: path)
  }
}

/// Normalises groups of channels over the whole image (Wu, He 2018, arXiv:1803.08494).
public struct GroupNorm: Sendable {
  /// The diffusers module path.
  public let path: String
  /// How many groups the channels are cut into.
  public let groups: Int
  /// Added to the variance.
  public let epsilon: Float
  /// [channels] each.
  public let weight: Parameter
  /// What is added after scaling, [channels].
  public let bias: Parameter

  /// A layer whose untrained weight is 1 and bias 0.
  /// - Throws: `CheckpointError`.
  public init(
    _ channels: Int, groups: Int, epsilon: Float, in scope: ParameterScope
  ) throws {
    path = scope.path
    self.groups = groups
    self.epsilon = epsilon
    weight = try scope.parameter("weight", [channels], .constant(1))
    bias = try scope.parameter("bias", [channels], .constant(0))
  }

  /// - Parameters:
  ///   - x: [B, H, W, channels]
  ///   - silu: whether SiLU follows; then both are done at once where nobody looks in between.
  ///   - pass: which probe looks on and which tape records.
  public func callAsFunction(_ x: Tensor, thenSiLU silu: Bool = false, _ pass: ForwardPass)
    -> Tensor
  {
    pass.groupNorm(x, weight, bias, groups: groups, epsilon: epsilon, thenSiLU: silu, at: path)
  }
}

/// Normalises each token's features (Ba et al. 2016, arXiv:1607.06450).
public struct LayerNorm: Sendable {
  /// The diffusers module path.
  public let path: String
  /// Added to the variance.
  public let epsilon: Float
  /// [features] each.
  public let weight: Parameter
  /// What is added after scaling, [features].
  public let bias: Parameter

  /// A layer whose untrained weight is 1 and bias 0.
  /// - Throws: `CheckpointError`.
  public init(_ features: Int, epsilon: Float = 1e-5, in scope: ParameterScope) throws {
    path = scope.path
    self.epsilon = epsilon
    weight = try scope.parameter("weight", [features], .constant(1))
    bias = try scope.parameter("bias", [features], .constant(0))
  }

  /// - Parameters:
  ///   - x: [..., features]
  ///   - pass: which probe looks on and which tape records.
  public func callAsFunction(_ x: Tensor, _ pass: ForwardPass) -> Tensor {
    pass.layerNorm(x, weight, bias, epsilon: epsilon, at: path)
  }
}

/// A table of vectors, looked up by index.
public struct Embedding: Sendable {
  /// The diffusers module path.
  public let path: String
  /// [entries, features]
  public let weight: Parameter

  /// A table that `initializer` fills in an untrained model.
  /// - Throws: `CheckpointError`.
  public init(
    _ entries: Int, _ features: Int, initializer: Initializer = .normal(standardDeviation: 1),
    in scope: ParameterScope
  ) throws {
    path = scope.path
    weight = try scope.parameter("weight", [entries, features], initializer)
  }

  /// - Parameters:
  ///   - indices: rows of the table.
  ///   - shape: of the indices; one row unless told.
  ///   - pass: which probe looks on and which tape records.
  /// - Returns: [shape..., features]
  /// - Precondition: each index names an entry.
  public func callAsFunction(
    _ indices: [Int], shape: [Int]? = nil, _ pass: ForwardPass
  ) -> Tensor {
    pass.embedding(indices, shape: shape ?? [indices.count], weight, at: path)
  }
}
