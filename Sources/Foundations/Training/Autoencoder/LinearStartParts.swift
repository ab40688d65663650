import Networks
import Storybook
import Tensors

/// Which channels before a norm hold a constant, a signal, and its negative.
struct NormPlan {
  private let width: Int
  /// Channels of a group.
  private let group: Int
  /// Group by group, the signals that stand in it.
  private let members: [[Int]]

  /// - Precondition: a group has room for a constant and twice its share of the signals.
  init(width: Int, groups: Int, signals: Int) {
    (self.width, group) = (width, width / groups)
    members = (0..<groups).map { Array(stride(from: $0, to: signals, by: groups)) }
    let most = members.map(\.count).max() ?? 0
    precondition(1 + 2 * most <= group, "no room for \(signals) signals in \(groups) groups")
  }

  /// The channel of each signal; the next one holds its negative.
  private var places: [(signal: Int, channel: Int)] {
    members.enumerated().flatMap { number, signals in
      signals.enumerated().map { ($1, number * group + 1 + 2 * $0) }
    }
  }

  /// The 1×1 convolution that lays signals out.
  func layout(_ signals: Tensor, _ constant: Float) -> (weight: Tensor, bias: Tensor) {
    let inputs = signals.shape[1]
    let weight = Tensor.scattered([width, inputs, 1, 1]) { out in
      for (signal, channel) in places {
        for i in 0..<inputs {
          out[channel * inputs + i] = signals[signal, i]
          out[(channel + 1) * inputs + i] = -signals[signal, i]
        }
      }
    }
    return (weight, Tensor([width], (0..<width).map { $0 % group == 0 ? constant : 0 }))
  }

  /// The scale and offset with which the norm's results are what went in, but 0 for the constant.
  func undoing(_ deviations: [Float], _ constant: Float) -> (scale: Tensor, offset: Tensor) {
    let size = Float(group)
    let factors = members.map { signals in
      let signal = signals.reduce(0) { $0 + 2 * deviations[$1] * deviations[$1] } / size
      return (constant * constant * (1 / size - 1 / (size * size)) + signal).squareRoot()
    }
    let isConstant = (0..<width).map { $0 % group == 0 }
    return (
      Tensor([width], (0..<width).map { isConstant[$0] ? 0 : factors[$0 / group] }),
      Tensor([width], (0..<width).map { isConstant[$0] ? 0 : constant / size })
    )
  }

  /// The convolution that takes each negative from its signal, behind SiLU.
  var joined: (weight: Tensor, bias: Tensor) {
    let signals = members.reduce(0) { $0 + $1.count }
    let weight = Tensor.scattered([signals, width, 1, 1]) { out in
      for (signal, channel) in places {
        out[signal * width + channel] = 1
        out[signal * width + channel + 1] = -1
      }
    }
    return (weight, .zeros([signals]))
  }
}

/// The windows of a level's places as rows of numbers.
struct Windows {
  private let x: Tensor
  private let size: Int
  /// Numbers in a window: size² · channels, in the order (row, column, channel).
  var width: Int { size * size * x.shape[3] }

  /// - Parameters:
  ///   - x: [B, H, W, C]
  ///   - size: 1 for the place itself, 2 for each 2×2 places, 3 for a place with its neighbours,
  ///     zeros beyond the border.
  init(_ x: Tensor, size: Int) { (self.x, self.size) = (x, size) }

  /// How windows vary, at evenly drawn places, with what they should tell.
  /// - Parameters:
  ///   - count: at most so many places.
  ///   - target: [B, H, W, D], where windows are of single places.
  func covariance(at count: Int, with target: Tensor? = nil) -> Covariance {
    let stride = size == 2 ? 2 : 1
    let (rows, columns) = (x.shape[1] / stride, x.shape[2] / stride)
    let all = x.shape[0] * rows * columns
    let extra = target?.shape[3] ?? 0
    let total = width + extra
    let samples = Tensor.scattered([min(all, count), total]) { out in
      for sample in 0..<min(all, count) {
        var random = SplitMix(seed: 0x11EA, index: UInt64(sample))
        let place = all <= count ? sample : random.index(below: all)
        let to = UnsafeMutableBufferPointer(rebasing: out[sample * total..<(sample + 1) * total])
        copy(
          place / (rows * columns), place / columns % rows * stride, place % columns * stride, to)
        target?.withUnsafeElements { t in
          for i in 0..<extra { to[width + i] = t[place * extra + i] }
        }
      }
    }
    return Covariance(of: samples)
  }

  private func copy(_ image: Int, _ y: Int, _ x0: Int, _ to: UnsafeMutableBufferPointer<Float>) {
    let (height, width, channels) = (x.shape[1], x.shape[2], x.shape[3])
    let first = size == 3 ? -1 : 0
    x.withUnsafeElements { values in
      for tap in 0..<size * size {
        let (row, column) = (y + first + tap / size, x0 + first + tap % size)
        guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
        let from = ((image * height + row) * width + column) * channels
        for c in 0..<channels { to[tap * channels + c] = values[from + c] }
      }
    }
  }
}

/// Mean and covariance of rows.
struct Covariance {
  private let mean: [Double]
  /// Row-major.
  private let matrix: [Double]
  private var size: Int { mean.count }

  /// - Parameter rows: [count, size]
  init(of rows: Tensor) {
    let (count, size) = (rows.shape[0], rows.shape[1])
    let means = rows.columnSums().scaled(by: 1 / Float(count))
    let centred = Tensor.addingVectors(rows, means.scaled(by: -1))
    let products = Tensor.linearGradients(
      centred, .zeros([size, size]), outputGradient: centred, needing: .weight
    ).weight
    mean = means.elements.map(Double.init)
    matrix = (products ?? .zeros([size, size])).elements.map { Double($0) / Double(count) }
  }

  /// Of each number.
  var deviations: [Float] {
    (0..<size).map { Float(max(matrix[$0 * size + $0], 0).squareRoot()) }
  }

  /// The directions in which the rows vary most, the strongest first, [count, size], and the mean.
  func principal(_ count: Int) -> (directions: Tensor, mean: [Double]) {
    let eigen = SymmetricEigen(matrix, size: size)
    let directions = Tensor.scattered([count, size]) { out in
      for k in 0..<count {
        for i in 0..<size { out[k * size + i] = Float(eigen.vectors[i * size + size - 1 - k]) }
      }
    }
    return (directions, mean)
  }

  /// The map from the first `inputs` numbers to the others with the least squared error, kept from
  /// large weights by a ridge of a hundredth of the mean variance (Hoerl and Kennard, Technometrics
  /// 12, 1970): with less, neighbours' large shares cancel, and a small step of the training, made
  /// larger from level to level, undoes that.
  func regression(inputs: Int) -> LinearMap {
    let outputs = size - inputs
    let block = (0..<inputs).flatMap { matrix[$0 * size..<$0 * size + inputs] }
    let ridge = 1e-2 * (0..<inputs).reduce(0) { $0 + block[$1 * inputs + $1] } / Double(inputs)
    let inverse = SymmetricEigen(block, size: inputs).apply { 1 / (max($0, 0) + max(ridge, 1e-12)) }
    let weight = Tensor.scattered([outputs, inputs]) { out in
      for o in 0..<outputs {
        let column = (0..<inputs).map { matrix[$0 * size + inputs + o] }
        for i in 0..<inputs {
          var sum = 0.0
          for k in 0..<inputs { sum += inverse[i * inputs + k] * column[k] }
          out[o * inputs + i] = Float(sum)
        }
      }
    }
    return LinearMap(
      weight, centre: Array(mean[..<inputs]), result: mean[inputs...].map(Float.init))
  }
}

/// y = W · (x − centre) + result, of windows.
struct LinearMap {
  private let weight: Tensor
  private let bias: Tensor

  init(_ weight: Tensor, centre: [Double], result: [Float]? = nil) {
    self.weight = weight
    let moved = Tensor.linear(Tensor([1, centre.count], centre.map { Float(-$0) }), weight)
    let outputs = weight.shape[0]
    bias = moved.reshaped([outputs]) + (result.map { Tensor([outputs], $0) } ?? .zeros([outputs]))
  }

  /// The same as a 3×3 convolution: [outputs, inputs, 3, 3]. Windows of 2×2 places lie above and to
  /// the left in it.
  func convolution(size: Int, inputs: Int) -> (weight: Tensor, bias: Tensor) {
    let outputs = weight.shape[0]
    let kernel = Tensor.scattered([outputs, inputs, 3, 3]) { out in
      for o in 0..<outputs {
        for tap in 0..<size * size {
          for c in 0..<inputs {
            out[((o * inputs + c) * 3 + tap / size) * 3 + tap % size] = weight[o, tap * inputs + c]
          }
        }
      }
    }
    return (kernel, bias)
  }
}

/// The parameters of a network, set where a chain of linear maps runs through it. What lies beside
/// that chain keeps its values.
struct LayerValues {
  private let table: [String: Parameter]

  init(_ parameters: [Parameter]) {
    table = Dictionary(uniqueKeysWithValues: parameters.map { ($0.name, $0) })
  }

  /// Lets the first channels through a convolution as they are, where there is one.
  /// - Parameters:
  ///   - name: of the layer.
  ///   - channels: how many.
  ///   - factor: what they are multiplied with.
  ///   - clearing: whether the other outputs forget their inputs.
  func pass(_ name: String, channels: Int, times factor: Float = 1, clearing: Bool = false) {
    guard let parameter = table[name + ".weight"] else { return }
    if clearing { parameter.value = .zeros(parameter.shape) }
    let weight = Tensor.scattered([channels, channels, 1, 1]) { out in
      for c in 0..<channels { out[c * channels + c] = factor }
    }
    set(name, (weight, .zeros([channels])))
  }

  /// Sets the first outputs of a layer, where there is one; a kernel smaller than the layer's lies in its middle.
  func set(_ name: String, _ layer: (weight: Tensor, bias: Tensor)) {
    guard let weight = table[name + ".weight"], let bias = table[name + ".bias"] else { return }
    bias.update { Self.copy(layer.bias.elements, to: &$0) }
    guard weight.shape.count == 4 else { return weight.update { $0 = layer.weight } }
    let (inputs, kernel) = (weight.shape[1], weight.shape[2])
    let (own, size) = (layer.weight.shape[1], layer.weight.shape[2])
    let margin = (kernel - size) / 2
    var rows = [Float](repeating: 0, count: layer.weight.shape[0] * inputs * kernel * kernel)
    for o in 0..<layer.weight.shape[0] {
      for c in 0..<own {
        for tap in 0..<size * size {
          let (y, x) = (tap / size + margin, tap % size + margin)
          rows[((o * inputs + c) * kernel + y) * kernel + x] =
            layer.weight[o, c, tap / size, tap % size]
        }
      }
    }
    weight.update { Self.copy(rows, to: &$0) }
  }

  private static func copy(_ values: [Float], to tensor: inout Tensor) {
    tensor.withUnsafeMutableElements { out in
      for (index, value) in values.enumerated() { out[index] = value }
    }
  }

  /// Makes a 3×3 convolution the least-squares way from one level to another.
  /// - Returns: what it gives, of the target's shape.
  func regression(_ name: String, from x: Tensor, to target: Tensor, at places: Int) -> Tensor {
    let windows = Windows(x, size: 3)
    let map = windows.covariance(at: places, with: target).regression(inputs: windows.width)
    let layer = map.convolution(size: 3, inputs: x.shape[3])
    set(name, layer)
    return Tensor.convolution2d(x, layer.weight, bias: layer.bias, padding: Padding(1))
  }
}

extension Tensor {
  /// Zeros, and what `body` writes among them.
  static func scattered(
    _ shape: [Int], _ body: (UnsafeMutableBufferPointer<Float>) -> Void
  ) -> Tensor {
    Tensor(shape) { out in
      out.update(repeating: 0)
      body(out)
    }
  }
}
