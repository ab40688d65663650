import Tensors

/// One pass through a network. Every operation of every layer goes through it.
///
/// This is the one place where a computation can be looked into or changed (by a probe), or recorded
/// for gradients (by a tape). A pass is used once, by one thread: make a new one for the next.
public final class ForwardPass {
  private let probe: (any Probe)?
  /// What products round their factors to.
  let precision: Precision
  /// Records every operation, when gradients are wanted.
  let tape: GradientTape?
  /// What cross-attentions made of the context in earlier passes.
  private let memory: ContextMemory?
  /// What convolutions made of their weights in earlier passes.
  let weightMemory: WeightMemory?
  /// Running totals; the difference between end and begin is a layer's own.
  private var totals = Totals()
  private var begun = 0
  private var depth = 0

  private struct Totals {
    var flops = 0
    var parameters = 0
    var probing = Duration.zero
  }

  /// A pass that nobody looks into and that records nothing, unless told.
  /// - Parameters:
  ///   - probe: looks into the pass.
  ///   - tape: records it.
  ///   - memory: spares what earlier passes made of the same context; without probe and tape only.
  ///   - weightMemory: spares what earlier passes made of the same weights; without a tape only.
  ///   - precision: what linear layers, convolutions and attention round their factors to.
  /// - Precondition: what is recorded is computed in Float32.
  public init(
    probe: (any Probe)? = nil, tape: GradientTape? = nil, memory: ContextMemory? = nil,
    weightMemory: WeightMemory? = nil, precision: Precision = .float32
  ) {
    precondition(tape == nil || precision == .float32, "gradients of rounded factors")
    self.precision = precision
    self.probe = probe
    self.tape = tape
    self.weightMemory = tape == nil ? weightMemory : nil
    self.memory = probe == nil && tape == nil ? memory : nil
  }

  /// K and V of a cross-attention.
  func keysAndValues(
    _ attention: Attention, of context: Tensor
  ) -> (keys: Tensor, values: Tensor) {
    memory?.keysAndValues(attention, of: context, self)
      ?? (attention.toK(context, self), attention.toV(context, self))
  }

  /// The batch again and again, until it has that many entries: for images that met several contexts.
  func repeated(_ x: Tensor, to batch: Int) -> Tensor {
    guard x.shape[0] != batch else { return x }
    precondition(probe == nil && tape == nil, "images shared between contexts are not looked at")
    return .concatenated(Array(repeating: x, count: batch / x.shape[0]), along: 0)
  }

  /// Runs `body` as the layer at `path`: it is timed, its cost is counted, and its output shown to
  /// the probe. Without a probe this is `body()` and nothing else.
  public func layer(
    _ path: @autoclosure () -> String, _ kind: LayerKind, _ inputShape: @autoclosure () -> [Int],
    _ body: () -> Tensor
  ) -> Tensor {
    guard let probe else { return body() }
    return observe(probe, path(), kind, inputShape(), body)
  }

  /// The same for a layer whose output is added to `residual`. Without a probe, `body` is given the
  /// residual and adds it where that costs nothing; with one, `body` is given nil, the probe sees the
  /// layer's own output, and the residual is added to that.
  func layer(
    _ path: @autoclosure () -> String, _ kind: LayerKind, _ inputShape: @autoclosure () -> [Int],
    adding residual: Tensor?, _ body: (Tensor?) -> Tensor
  ) -> Tensor {
    guard let probe else { return body(residual) }
    let output = observe(probe, path(), kind, inputShape()) { body(nil) }
    return residual.map { add(output, $0) } ?? output
  }

  private func observe(
    _ probe: any Probe, _ path: String, _ kind: LayerKind, _ inputShape: [Int], _ body: () -> Tensor
  ) -> Tensor {
    let order = begun
    begun += 1
    let before = totals
    let start = ContinuousClock.now
    depth += 1
    var output = body()
    depth -= 1
    let elapsed = (ContinuousClock.now - start) - (totals.probing - before.probing)
    visit(&output, at: ProbeSite(path))
    let record = LayerRecord(
      order: order, depth: depth, path: path, kind: kind, inputShape: inputShape,
      outputShape: output.shape, parameters: totals.parameters - before.parameters,
      flops: totals.flops - before.flops, seconds: elapsed / .seconds(1))
    probing { probe.finished(record) }
    return output
  }

  /// Whether anybody looks: then nothing is fused that has a name of its own.
  var isObserved: Bool { probe != nil }

  /// Whether a probe asks for this value.
  func wants(_ path: @autoclosure () -> String, _ quantity: ProbeSite.Quantity = .output) -> Bool {
    guard let probe else { return false }
    return probing { probe.wants(ProbeSite(path(), quantity)) }
  }

  /// Shows a value to the probe, which may replace it.
  func visit(_ value: inout Tensor, at site: ProbeSite) {
    guard let probe else { return }
    probing {
      guard probe.wants(site) else { return }
      let shape = value.shape
      probe.visit(&value, at: site)
      precondition(
        value.shape == shape, "\(site.path): \(value.shape) cannot replace \(shape)")
    }
  }

  /// Adds to the cost of the layers that are under way.
  /// - Parameters:
  ///   - products: multiply-adds, two operations each.
  ///   - parameters: the trainable tensors that took part.
  func count(products: @autoclosure () -> Int = 0, _ parameters: Parameter?...) {
    guard probe != nil else { return }
    totals.flops += 2 * products()
    for parameter in parameters { totals.parameters += parameter?.count ?? 0 }
  }

  private func probing<R>(_ body: () -> R) -> R {
    let start = ContinuousClock.now
    defer { totals.probing += ContinuousClock.now - start }
    return body()
  }
}
