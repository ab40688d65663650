import Foundation
import Storybook
import Testing

@Suite("scene sampler") struct SceneSamplerTests {
  @Test("scene i of a seed is always the same; other seeds and numbers differ")
  func deterministic() {
    let sampler = SceneSampler(seed: 9)
    let scenes = (0..<50).map { sampler[$0] }
    #expect((0..<50).reversed().map { SceneSampler(seed: 9)[$0] } == scenes.reversed())
    #expect(Set(scenes).count == 50)
    #expect(SceneSampler(seed: 10)[0] != scenes[0])
  }

  @Test("every attribute appears about as often as its peers")
  func even() {
    let sampler = SceneSampler(seed: 1)
    let contents = (0..<6000).map { sampler[$0].content }
    func check<T: Hashable>(_ values: [T], _ cases: [T]) {
      let counts = cases.map { value in values.count { $0 == value } }
      let mean = Double(values.count) / Double(cases.count)
      for count in counts { #expect(abs(Double(count) / mean - 1) < 0.15) }
    }
    check(contents.map(\.time), TimeOfDay.allCases)
    check(contents.map(\.ground), Ground.allCases)
    check(contents.flatMap(\.objects).map(\.kind), ObjectKind.allCases)
    check(contents.flatMap(\.objects).map(\.color), ObjectColor.allCases)
    #expect(abs(Double(contents.count { $0.objects.count == 2 }) / 6000 - 2 / 3.0) < 0.03)
  }

  @Test("no sun at night, no stars by day, no two objects of one kind")
  func plausible() {
    for content in SceneSampler.allContents {
      #expect(content.sky?.isSeen(at: content.time) ?? true)
      #expect(Set(content.objects.map(\.kind)).count == content.objects.count)
    }
  }

  @Test("one combination in ten is held out, and training never draws it")
  func split() {
    let all = SceneSampler.allContents
    #expect(Set(all).count == all.count)
    let heldOut = all.count { SceneSampler.split(of: $0) == .heldOut }
    #expect(abs(Double(heldOut) / Double(all.count) - 0.1) < 0.005)
    let training = SceneSampler(seed: 4, split: .training)
    #expect((0..<2000).allSatisfy { SceneSampler.split(of: training[$0].content) == .training })
    let testing = SceneSampler(seed: 4, split: .heldOut)
    #expect((0..<200).allSatisfy { SceneSampler.split(of: testing[$0].content) == .heldOut })
  }

  @Test("every word of the held-out combinations is met in training")
  func wordsAreKnown() {
    let all = SceneSampler.allContents
    func words(_ split: SceneSampler.Split) -> Set<String> {
      Set(
        all.filter { SceneSampler.split(of: $0) == split }
          .flatMap { Caption($0).words.map(\.text) })
    }
    #expect(words(.heldOut).isSubset(of: words(.training)))
  }

  @Test("a scene survives being written as JSON")
  func codable() throws {
    let scene = SceneSampler(seed: 2)[7]
    let data = try JSONEncoder().encode(scene)
    #expect(try JSONDecoder().decode(Scene.self, from: data) == scene)
  }
}
