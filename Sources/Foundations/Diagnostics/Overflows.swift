/// Networks whose weights are finite and whose output is not, told by themselves: a run then ends in
/// one line, whatever its experiment makes of such numbers, and no command can forget it.
public enum Overflows {
  private static let hearing = Hearing(key: "Diagnostics.Overflows", reachesOutside: false)

  /// Does `work`; each output that is not finite is told to `listener`.
  /// - Parameters:
  ///   - listener: takes the network's name: "the U-Net of model/unet".
  ///   - work: what is listened to.
  /// - Throws: what `work` throws.
  public static func heard<Result>(
    by listener: @escaping (String) -> Void, in work: () throws -> Result
  ) rethrows -> Result { try hearing.heard(by: listener, in: work) }

  /// Tells that this network's output is not finite.
  public static func tell(_ network: String) { hearing.tell(network) }
}
