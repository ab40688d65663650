/// What libraries settle that a person left open, told by whatever settles it: a run can then record
/// it where the person's own choice would stand.
public enum Choices {
  private static let hearing = Hearing<(option: String, value: String)>(
    key: "Diagnostics.Choices", reachesOutside: true)

  /// Does `work`; what is settled on this thread goes to `listener`.
  /// - Parameters:
  ///   - listener: takes an option's name without its dashes, and the value that was taken.
  ///   - work: what is listened to.
  /// - Throws: what `work` throws.
  public static func heard<Result>(
    by listener: @escaping (_ option: String, _ value: String) -> Void, in work: () throws -> Result
  ) rethrows -> Result { try hearing.heard(by: { listener($0.option, $0.value) }, in: work) }

  /// Tells what was taken where an option was left out.
  public static func tell(_ option: String, _ value: String) { hearing.tell((option, value)) }
}
