import CKernels
import Tensors

// What each operation of Operations.swift tells the tape. An operation that nothing trained leads to
// is not recorded, and a gradient that nobody wants is not computed.

extension ForwardPass {
  /// A function of one tensor, and its gradient by it from the gradient by the result.
  func apply(
    _ x: Tensor, _ function: (Tensor) -> Tensor, _ gradient: @escaping (Tensor) -> Tensor
  ) -> Tensor {
    let output = function(x)
    if let tape, let place = tape.place(x) {
      tape.record(output) { dy, gradients in gradients.add(gradient(dy), for: place) }
    }
    return output
  }

  func recordLinear(
    _ output: Tensor, _ x: Tensor, _ weight: Parameter, _ bias: Parameter?, _ residual: Tensor?
  ) {
    guard let tape else { return }
    let (place, residualPlace) = (tape.place(x), tape.place(residual))
    let needs = tape.needs(place, weight, bias)
    guard !needs.isEmpty || residualPlace != nil else { return }
    let value = weight.weight
    tape.record(output) { dy, gradients in
      let g = Tensor.linearGradients(x, value.tensor, outputGradient: dy, needing: needs)
      gradients.add(g.input, for: place)
      gradients.add(g.weight, for: weight)
      gradients.add(g.bias, for: bias)
      gradients.add(dy, for: residualPlace)
    }
  }

  func recordConvolution(
    _ output: Tensor, _ x: Tensor, _ weight: Parameter, _ bias: Parameter?, stride: Int,
    padding: Padding, _ vectors: Tensor?, _ residual: Tensor?
  ) {
    guard let tape else { return }
    let place = tape.place(x)
    let (vectorPlace, residualPlace) = (tape.place(vectors), tape.place(residual))
    var needs = tape.needs(place, weight, bias)
    guard !needs.isEmpty || vectorPlace != nil || residualPlace != nil else { return }
    // The vectors' gradient is the bias' before it is summed over the images.
    let biasWanted = needs.remove(.bias) != nil
    let value = weight.weight
    tape.record(output) { dy, gradients in
      let g = Tensor.convolution2dGradients(
        x, value.tensor, outputGradient: dy, stride: stride, padding: padding, needing: needs)
      gradients.add(g.input, for: place)
      gradients.add(g.weight, for: weight)
      if biasWanted || vectorPlace != nil {
        let sums = dy.columnSums(entries: dy.shape[0])
        gradients.add(sums, for: vectorPlace)
        if biasWanted { gradients.add(sums.columnSums(), for: bias) }
      }
      gradients.add(dy, for: residualPlace)
    }
  }

  func recordGroupNorm(
    _ output: Tensor, _ x: Tensor, _ weight: Parameter, _ bias: Parameter, groups: Int,
    epsilon: Float, silu: Bool
  ) {
    guard let tape else { return }
    let place = tape.place(x)
    guard !tape.needs(place, weight, bias).isEmpty else { return }
    let (w, b) = (weight.value, bias.value)
    let trains = tape.needs(weight)
    tape.record(output) { dy, gradients in
      let g = Tensor.groupNormGradients(
        x, groups: groups, weight: w, bias: b, epsilon: epsilon, silu: silu, outputGradient: dy)
      gradients.add(g.input, for: place)
      guard trains else { return }
      gradients.add(g.weight, for: weight)
      gradients.add(g.bias, for: bias)
    }
  }

  func recordLayerNorm(
    _ output: Tensor, _ x: Tensor, _ weight: Parameter, _ bias: Parameter, epsilon: Float
  ) {
    guard let tape else { return }
    let place = tape.place(x)
    guard !tape.needs(place, weight, bias).isEmpty else { return }
    let (w, trains) = (weight.value, tape.needs(weight))
    tape.record(output) { dy, gradients in
      let g = Tensor.layerNormGradients(x, weight: w, epsilon: epsilon, outputGradient: dy)
      gradients.add(g.input, for: place)
      guard trains else { return }
      gradients.add(g.weight, for: weight)
      gradients.add(g.bias, for: bias)
    }
  }

  func recordEmbedding(_ output: Tensor, _ indices: [Int], _ table: Parameter) {
    guard let tape, tape.needs(table) else { return }
    tape.record(output) { dy, gradients in
      let features = table.shape[1]
      gradients.add(
        Tensor(table.shape) { out in
          out.update(repeating: 0)
          guard let to = out.baseAddress else { return }
          dy.withUnsafeElements { dy in
            for (row, index) in indices.enumerated() {
              let entry = to + index * features
              ck_add(entry, dy.baseAddress.map { $0 + row * features }, entry, features)
            }
          }
        }, for: table)
    }
  }

  func recordAttention(
    _ output: Tensor, _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Float, causal: Bool
  ) {
    guard let tape else { return }
    let places = (tape.place(q), tape.place(k), tape.place(v))
    guard places.0 != nil || places.1 != nil || places.2 != nil else { return }
    tape.record(output) { dy, gradients in
      let g = Tensor.attentionGradients(
        q, k, v, heads: heads, scale: scale, causal: causal, outputGradient: dy)
      gradients.add(g.q, for: places.0)
      gradients.add(g.k, for: places.1)
      gradients.add(g.v, for: places.2)
    }
  }

  /// a + b in memory of its own: the tape knows numbers by their storage.
  func recordedSum(_ a: Tensor, _ b: Tensor) -> Tensor {
    let output = a + b
    guard let tape else { return output }
    let places = (tape.place(a), tape.place(b))
    if places.0 != nil || places.1 != nil {
      tape.record(output) { dy, gradients in
        gradients.add(dy, for: places.0)
        gradients.add(dy, for: places.1)
      }
    }
    return output
  }

  func recordVectors(_ output: Tensor, _ x: Tensor, _ vectors: Tensor) {
    guard let tape else { return }
    let places = (tape.place(x), tape.place(vectors))
    guard places.0 != nil || places.1 != nil else { return }
    tape.record(output) { dy, gradients in
      gradients.add(dy, for: places.0)
      if places.1 != nil { gradients.add(dy.columnSums(entries: dy.shape[0]), for: places.1) }
    }
  }

  func recordConcatenation(_ output: Tensor, _ a: Tensor, _ b: Tensor) {
    guard let tape else { return }
    let places = (tape.place(a), tape.place(b))
    guard places.0 != nil || places.1 != nil else { return }
    let (axis, width) = (a.rank - 1, a.shape[a.rank - 1])
    tape.record(output) { dy, gradients in
      if places.0 != nil { gradients.add(dy.slice(0..<width, along: axis), for: places.0) }
      if places.1 != nil {
        gradients.add(dy.slice(width..<dy.shape[axis], along: axis), for: places.1)
      }
    }
  }
}

extension GradientTape {
  /// Which gradients of a layer are wanted.
  fileprivate func needs(
    _ input: GradientPlace?, _ weight: Parameter, _ bias: Parameter?
  ) -> GradientNeeds {
    var result: GradientNeeds = input == nil ? [] : .input
    if needs(weight) { result.insert(.weight) }
    if needs(bias) { result.insert(.bias) }
    return result
  }
}
