import Diagnostics
import Tensors

extension Tensor {
  /// The tensor itself, if all of it is finite.
  /// - Parameter place: which numbers, where, for the message.
  /// - Throws: `NotFiniteError`.
  @discardableResult
  public func checkedFinite(_ place: @autoclosure () -> String) throws -> Tensor {
    guard isFinite else { throw NotFiniteError(place: place()) }
    return self
  }
}
