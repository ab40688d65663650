import Diffusion
import Foundation
import Pages
import Tensors

/// The plane that one can see: density, score and particles at every timestep, each sampler's walk
/// beside the exact solution. All of it is computed here; the page's script draws and moves.
struct ParticlePanel: Panel {
  /// Data in the plane, by a name.
  struct World {
    let name: String
    let mixture: PlaneMixture

    static let all = [
      World(name: "mixture", mixture: .clouds), World(name: "spiral", mixture: .spiral),
    ]
  }

  /// A walk as the script reads it: points of particles in DDPM's space, packed.
  private struct WalkData: Encodable {
    /// 0-based timestep of each point, noisiest first; −1 at the end.
    let t: [Double]
    /// Int16, [points, particles, 2], `reach` being 32767.
    let points: String
  }

  private struct WorldData: Encodable {
    /// UInt8, [frames, cells, cells] from the lower left, each frame's largest root being 255.
    let density: String
    /// Int8, [frames, arrows, arrows, 2]: the direction of the score, 127 the longest of the frame.
    let score: String
    let exact: WalkData
    /// By sampler, then by steps.
    let walks: [[WalkData]]
  }

  private struct Contents: Encodable {
    let axes: [String]
    /// The timestep of each frame; −1 is the data.
    let frames: [Double]
    let reach: Double
    let cells: Int
    let arrows: Int
    let particles: Int
    let worlds: [WorldData]
  }

  /// The half width of the view.
  private static let reach = 2.8
  private static let cells = 48
  private static let arrows = 15
  /// How many steps the walks take; each divides 1000.
  static let steps = [5, 10, 20, 50]
  static let particles = 40

  private let panel: Custom

  /// - Parameters:
  ///   - axes: world, sampler, steps and time, which the reader moves along.
  ///   - time: the timesteps of the frames, noisiest first; the last is −1.
  init(
    world: Axis, sampler: Axis, steps: Axis, time: Axis, samplers: [SamplerName],
    noise: [PlaneMixture.Point], schedule: NoiseSchedule, seed: UInt64
  ) throws {
    let levels = time.values.map { schedule.level(at: Int($0)) }
    let worlds = try World.all.map { world in
      let painter = WorldPainter(mixture: world.mixture, schedule: schedule, seed: seed)
      return WorldData(
        density: Packed.text(painter.density(levels, cells: Self.cells, reach: Self.reach)),
        score: Packed.text(painter.score(levels, arrows: Self.arrows, reach: Self.reach)),
        exact: Self.packed(painter.exact(noise, levels), t: time.values),
        walks: try samplers.map { name in
          try Self.steps.map { steps in
            let walk = try painter.walk(name, steps: steps, noise: noise)
            return Self.packed(walk.points, t: walk.levels.map(\.t))
          }
        })
    }
    panel = Custom(
      markup: """
        <div class="particles"><canvas role="img" aria-label="Particles on their way from noise to \
        data, over the density at this timestep"></canvas><p class="key"><span class="walk"></span> \
        the sampler’s walk <span class="exact"></span> the exact solution \
        <span class="arrow">→</span> the score <output class="reading"></output></p></div>
        """,
      data: Contents(
        axes: [world, sampler, steps, time].map(\.name), frames: time.values, reach: Self.reach,
        cells: Self.cells, arrows: Self.arrows, particles: noise.count, worlds: worlds),
      axes: [world, sampler, steps, time], code: .particles)
  }

  private static func packed(_ points: [[PlaneMixture.Point]], t: [Double]) -> WalkData {
    WalkData(
      t: t,
      points: Packed.text(
        points.flatMap { $0.flatMap { [$0.x, $0.y] } }.map {
          Int16((min(max($0 / reach, -1), 1) * 32767).rounded())
        }))
  }

  func html(_ rendering: inout Rendering) -> HTML { panel.html(&rendering) }
}

/// What there is to see of one world, in DDPM's space.
private struct WorldPainter {
  let mixture: PlaneMixture
  let schedule: NoiseSchedule
  let seed: UInt64

  /// √q(x_t) on a grid at each level.
  func density(_ levels: [NoiseLevel], cells: Int, reach: Double) -> [UInt8] {
    levels.flatMap { level in
      let roots = grid(cells, reach).map { mixture.density(at: $0, level: level).squareRoot() }
      let largest = roots.max() ?? 1
      return roots.map { UInt8(($0 / largest * 255).rounded()) }
    }
  }

  /// ∇ ln q(x_t) on a coarse grid, at its own scale at each level.
  func score(_ levels: [NoiseLevel], arrows: Int, reach: Double) -> [Int8] {
    levels.flatMap { level in
      // At the data itself the score is that of the least noise.
      let level = level == .clean ? schedule.level(at: 0) : level
      let scores = grid(arrows, reach).map { mixture.score(at: $0, level: level) }
      let largest = scores.map { distance($0, .zero) }.max() ?? 1
      return scores.flatMap { [$0.x, $0.y] }.map { Int8(($0 / largest * 127).rounded()) }
    }
  }

  /// Where the exact solution is at each level.
  func exact(_ noise: [PlaneMixture.Point], _ levels: [NoiseLevel]) -> [[PlaneMixture.Point]] {
    let flow = ProbabilityFlow(mixture, density: 40)
    var points = noise.map { $0 / levels[0].signalScale }
    return zip(levels, levels.prefix(1) + levels).map { level, before in
      points = flow.carry(points, from: before.sigma, to: level.sigma)
      return points.map { level.signalScale * $0 }
    }
  }

  /// A sampler's walk, begun on the exact solution where its plan begins.
  func walk(
    _ name: SamplerName, steps: Int, noise: [PlaneMixture.Point]
  ) throws -> (levels: [NoiseLevel], points: [[PlaneMixture.Point]]) {
    let sampler = try ToySampler.make(name, schedule, steps: steps, spacing: .linspace)
    let (top, first) = (schedule.level(at: schedule.count - 1), sampler.plan[0].from)
    let start = ProbabilityFlow(mixture, density: 40).carry(
      noise.map { $0 / top.signalScale }, from: top.sigma, to: first.sigma)
    let walk = ToyWalk(
      sampler, from: start, predictor: PlanePredictor(mixture, schedule: schedule),
      generator: TorchGenerator(seed: seed))
    let points = zip(walk.levels, walk.points).map { level, points in
      points.map { level.signalScale * $0 }
    }
    return (walk.levels, points)
  }

  /// The centres of cells, row by row from below.
  private func grid(_ count: Int, _ reach: Double) -> [PlaneMixture.Point] {
    let places = (0..<count).map { (2 * (Double($0) + 0.5) / Double(count) - 1) * reach }
    return places.flatMap { y in places.map { x in [x, y] } }
  }
}
