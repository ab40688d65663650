import Diagnostics
import Tensors

/// Numbers that overflowed on their way through a network whose weights are finite.
public struct NotFiniteError: PersonFacingError, Equatable {
  /// Which numbers, where: "the U-Net's latent after step 3 (t = 801)".
  public let place: String

  /// Bad data, 65.
  public var exitStatus: ExitStatus { .badData }

  /// What is wrong in one line: where, what was expected, what was found.
  public var description: String {
    "\(place): expected finite numbers, found NaN or infinity: the weights do not suit this input"
  }
}

extension Overflows {
  /// Does `work`, and refuses it where a network's output was not finite.
  /// - Throws: what `work` throws, or `NotFiniteError`.
  static func refused(_ work: () throws -> Void) throws {
    var found: String?
    try heard(by: { found = found ?? $0 }, in: work)
    if let found { throw NotFiniteError(place: found) }
  }
}

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
