/// What libraries settle that a person left open, told by whatever settles it: a run can then record
/// it where the person's own choice would stand.
public enum Choices {
  fileprivate static let hearing = Hearing<(option: String, value: String)>(
    key: "Diagnostics.Choices", reachesOutside: true)

  /// Tells what was taken where an option was left out.
  public static func tell(_ option: String, _ value: String) { hearing.tell((option, value)) }
}

extension Listener {
  /// Hears what is settled, inside of other such listeners as well.
  /// - Parameter hear: takes an option's name without its dashes, and the value that was taken.
  public static func choices(
    _ hear: @escaping (_ option: String, _ value: String) -> Void
  ) -> Listener {
    Choices.hearing.listener { hear($0.option, $0.value) }
  }
}
