import Tensors

/// A probe that keeps what it is told to keep, and a record of every layer.
public final class RecordingProbe: Probe {
  private let isWanted: (ProbeSite) -> Bool
  /// The kept values. They share memory with the pass, nothing is copied.
  public private(set) var values: [ProbeSite: Tensor] = [:]
  /// Every layer of the pass, in the order in which they began.
  public var layers: [LayerRecord] { finishedLayers.sorted { $0.order < $1.order } }
  private var finishedLayers: [LayerRecord] = []

  /// - Parameter isWanted: says which values to keep; none unless told.
  public init(keeping isWanted: @escaping (ProbeSite) -> Bool = { _ in false }) {
    self.isWanted = isWanted
  }

  /// Keeps the values at these sites.
  public convenience init(keeping sites: Set<ProbeSite>) {
    self.init { sites.contains($0) }
  }

  /// Whether the value at a site is kept.
  public func wants(_ site: ProbeSite) -> Bool { isWanted(site) }
  /// Keeps the value; it is left as it is.
  public func visit(_ value: inout Tensor, at site: ProbeSite) { values[site] = value }
  /// Keeps the record of the layer.
  public func finished(_ layer: LayerRecord) { finishedLayers.append(layer) }
}
