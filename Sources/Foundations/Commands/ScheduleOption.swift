import ArgumentParser
import Diagnostics
import Diffusion

/// `--schedule` and `--rescale-zero-snr`: how much noise each timestep adds.
public struct ScheduleOption: ParsableArguments {
  /// T, the number of timesteps of every schedule here.
  public static let count = 1000

  @Option(
    help: ArgumentHelp(
      """
      How fast the picture goes: \
      \(NamedSchedule.allCases.map(\.rawValue).joined(separator: ", ")). Stable Diffusion uses \
      scaled-linear.
      """, valueName: "name"))
  var schedule = NamedSchedule.scaledLinear.rawValue

  @Flag(help: "Stretch the schedule until nothing of the picture is left at its end.")
  var rescaleZeroSnr = false

  /// The options as they are when nobody gives them.
  public init() {}

  /// Checks the name.
  /// - Throws: `ValidationError`, which names the option.
  public mutating func validate() throws {
    do { _ = try NamedSchedule(parsing: schedule) } catch let error as UnknownScheduleError {
      throw ValidationError("--schedule: \(error)")
    }
  }

  private var named: NamedSchedule { (try? NamedSchedule(parsing: schedule)) ?? .scaledLinear }

  /// The schedule that was asked for.
  public var value: NoiseSchedule {
    let schedule = named.schedule(count: Self.count)
    return rescaleZeroSnr ? schedule.rescaledToZeroTerminalSNR() : schedule
  }

  /// Its name on a page.
  public var label: String {
    rescaleZeroSnr ? "\(named.rawValue), zero SNR" : named.rawValue
  }

  /// Every named schedule for comparison, and the rescaled one when that was asked for.
  public var all: [(name: String, schedule: NoiseSchedule)] {
    let standard = NamedSchedule.allCases.map { ($0.rawValue, $0.schedule(count: Self.count)) }
    return standard + (rescaleZeroSnr ? [(label, value)] : [])
  }
}
