/// Networks whose weights are finite and whose output is not, told by themselves: a run then ends in
/// one line, whatever its experiment makes of such numbers, and no command can forget it.
public enum Overflows {
  fileprivate static let hearing = Hearing<String>(
    key: "Diagnostics.Overflows", reachesOutside: false)

  /// Tells that this network's output is not finite.
  public static func tell(_ network: String) { hearing.tell(network) }

  /// Does `work`, and refuses it where a network's output was not finite.
  /// - Throws: what `work` throws, or `NotFiniteError`.
  public static func refused(_ work: () throws -> Void) throws {
    var found: String?
    try heard(by: .overflows { found = found ?? $0 }, in: work)
    if let found { throw NotFiniteError(place: found) }
  }
}

/// Numbers that overflowed on their way through a network whose weights are finite.
public struct NotFiniteError: PersonFacingError, Equatable {
  /// Which numbers, where: "the U-Net's latent after step 3 (t = 801)".
  public let place: String

  /// - Parameter place: which numbers, where.
  public init(place: String) { self.place = place }

  /// Bad data, 65.
  public var exitStatus: ExitStatus { .badData }

  /// What is wrong in one line: where, what was expected, what was found.
  public var description: String {
    "\(place): expected finite numbers, found NaN or infinity: the weights do not suit this input"
  }
}

extension Listener {
  /// Hears of each output that is not finite.
  /// - Parameter hear: takes the network's name: "the U-Net of model/unet".
  public static func overflows(_ hear: @escaping (String) -> Void) -> Listener {
    Overflows.hearing.listener(hear)
  }
}
