import Networks
import Tensors

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
