import Tensors

/// What a pass did, so that gradients can flow back through it: reverse-mode differentiation.
///
///     let tape = GradientTape(training: network.parameters)
///     let output = network(x, ForwardPass(tape: tape))
///     let gradients = tape.backward(from: [(output, ∂L/∂output)])
///
/// A loss is not on the tape: whoever computes it states its gradient by what the network gave.
/// Only what the trained parameters or a watched tensor lead to is recorded; a step keeps those of
/// its arguments that its gradient needs, and lets go of them on the way back.
///
/// Numbers are known again by their storage: `reshaped` needs no record, and any other operation
/// on activations must go through the pass.
public final class GradientTape {
  private struct Record {
    let output: UInt64
    let shape: [Int]
    let pull: (Tensor, inout Gradients) -> Void
  }

  private var records: [Record] = []
  private let trained: Set<ObjectIdentifier>
  /// The storages whose numbers depend on something trained or watched.
  private var reached: Set<UInt64> = []
  private var watched: [Tensor] = []

  /// - Parameter parameters: those whose gradients are wanted; all others are constants.
  public init(training parameters: [Parameter]) {
    trained = Set(parameters.map { ObjectIdentifier($0) })
  }

  /// Asks for the gradient by an input of the pass.
  public func watch(_ x: Tensor) {
    reached.insert(x.storage.identity)
    watched.append(x)
  }

  /// Where the gradient by these numbers gathers; nil when nobody wants it.
  func place(_ x: Tensor?) -> GradientPlace? {
    x.flatMap { reached.contains($0.storage.identity) ? GradientPlace($0) : nil }
  }

  func needs(_ parameter: Parameter?) -> Bool {
    parameter.map { trained.contains(ObjectIdentifier($0)) } ?? false
  }

  /// Notes that `output` was made; `pull` is given ∂L/∂output in its shape and adds to the gradients
  /// by the arguments.
  func record(_ output: Tensor, _ pull: @escaping (Tensor, inout Gradients) -> Void) {
    reached.insert(output.storage.identity)
    records.append(Record(output: output.storage.identity, shape: output.shape, pull: pull))
  }

  /// The gradients by all trained parameters and watched tensors; the tape is empty afterwards.
  /// - Parameter seeds: tensors that the pass made, each with ∂L by it; several seeds of one loss
  ///   add up.
  public func backward(from seeds: [(output: Tensor, gradient: Tensor)]) -> Gradients {
    var gradients = begin(seeds)
    while let record = records.popLast() { follow(record, &gradients) }
    return gradients
  }

  /// The gradients by some parameters only, for which as little of the way back is walked as is
  /// needed. The tape keeps its records.
  public func backward(
    from seeds: [(output: Tensor, gradient: Tensor)], only parameters: [Parameter]
  ) -> Gradients {
    var gradients = begin(seeds)
    for record in records.reversed() {
      if parameters.allSatisfy({ gradients[$0] != nil }) { break }
      follow(record, &gradients)
    }
    return gradients
  }

  private func begin(_ seeds: [(output: Tensor, gradient: Tensor)]) -> Gradients {
    var gradients = Gradients(kept: Set(watched.map(\.storage.identity)))
    for (output, gradient) in seeds { gradients.add(gradient, for: GradientPlace(output)) }
    return gradients
  }

  private func follow(_ record: Record, _ gradients: inout Gradients) {
    guard let gradient = gradients.take(record.output) else { return }
    record.pull(gradient.reshaped(record.shape), &gradients)
  }
}

/// Where a gradient gathers: some numbers, known by their storage without keeping them in memory.
struct GradientPlace {
  let identity: UInt64
  let count: Int

  init(_ x: Tensor) {
    identity = x.storage.identity
    count = x.count
  }
}

/// ∂L by parameters and by watched tensors.
public struct Gradients {
  private var byParameter: [ObjectIdentifier: Tensor] = [:]
  private var byStorage: [UInt64: Tensor] = [:]
  private let kept: Set<UInt64>

  fileprivate init(kept: Set<UInt64>) { self.kept = kept }

  /// In the parameter's shape; nil where the loss does not depend on it.
  public subscript(_ parameter: Parameter) -> Tensor? {
    byParameter[ObjectIdentifier(parameter)]?.reshaped(parameter.shape)
  }

  /// By a watched tensor, in its shape.
  public subscript(_ x: Tensor) -> Tensor? { byStorage[x.storage.identity]?.reshaped(x.shape) }

  mutating func add(_ gradient: Tensor?, for place: GradientPlace?) {
    guard let gradient, let place else { return }
    precondition(gradient.count == place.count, "gradient \(gradient.shape) of \(place.count)")
    Self.add(gradient, to: &byStorage, at: place.identity)
  }

  mutating func add(_ gradient: Tensor?, for parameter: Parameter?) {
    guard let gradient, let parameter else { return }
    precondition(
      gradient.count == parameter.count,
      "\(parameter.name): gradient \(gradient.shape) of \(parameter.shape)")
    Self.add(gradient, to: &byParameter, at: ObjectIdentifier(parameter))
  }

  /// What has gathered for some numbers. It is complete when the step that made them is reached, and
  /// forgotten then unless somebody watches.
  fileprivate mutating func take(_ identity: UInt64) -> Tensor? {
    kept.contains(identity) ? byStorage[identity] : byStorage.removeValue(forKey: identity)
  }

  private static func add<Key>(_ gradient: Tensor, to table: inout [Key: Tensor], at key: Key) {
    guard var sum = table.removeValue(forKey: key) else { return table[key] = gradient }
    sum.accumulate(gradient)
    table[key] = sum
  }
}
