import Foundation

/// The stops of the tour, in the order in which a person learns.
public enum LearningOrder {
  /// One concept: its inspector, and its place among the notebooks.
  public struct Stop: Sendable {
    /// As in the notebook's file name.
    public let number: Int
    /// Which is the name of its run folder in a tour, too.
    public let executable: String

    init(_ number: Int, _ executable: String) {
      (self.number, self.executable) = (number, executable)
    }

    /// As links to it read: "08 unet-walk".
    public var label: String { (number < 10 ? "0" : "") + "\(number) \(executable)" }
    /// The notebook's path in the repository.
    public var notebook: String {
      "notebooks-md/\(label.replacingOccurrences(of: " ", with: "-")).md"
    }
  }

  /// Every stop, the first one first.
  public static let stops = [
    Stop(0, "storybook"), Stop(1, "forward-noising"), Stop(2, "reverse-step"),
    Stop(3, "variational-bound"), Stop(4, "sampler-comparison"),
    Stop(5, "vae-compression"), Stop(6, "downsampling-study"), Stop(7, "text-encoding"),
    Stop(8, "unet-walk"), Stop(9, "attention-maps"), Stop(9, "attention-edits"),
    Stop(10, "guidance-sweep"), Stop(11, "conditioning"), Stop(12, "text-to-image"),
    Stop(13, "train-autoencoder"), Stop(13, "train-diffusion"),
    Stop(14, "checkpoint"),
  ]

  /// The stop of an inspector; nil for those at which the tour does not stop.
  public static func stop(_ executable: String) -> Stop? {
    stops.first { $0.executable == executable }
  }
}
