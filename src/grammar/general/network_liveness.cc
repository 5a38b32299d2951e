#include "grammar/general/network_liveness.h"

#include <algorithm>
#include <functional>

namespace diptych::grammar {
namespace {

using Kind = NetworkNode::Kind;

// Which states ask again when one gains the fact.
std::vector<std::vector<NetworkState>> askers(const Network& network) {
  std::vector<std::vector<NetworkState>> asking(network.nodes.size());
  for (NetworkState state = 0; state < network.nodes.size(); ++state) {
    const NetworkNode& node = network.nodes[state];
    const auto asks = [&](NetworkState other) { asking[other].push_back(state); };
    switch (node.kind) {
      case Kind::kRead:
        for (std::uint32_t i = 0; i < node.b; ++i) asks(network.arrows[node.a + i].to);
        break;
      case Kind::kSplit:
        asks(node.a);
        asks(node.b);
        break;
      case Kind::kCall:
        asks(network.procedures[node.a]);
        asks(node.b);
        break;
      case Kind::kLanguage:
      case Kind::kLexeme:
      case Kind::kMachine:
        asks(node.b);
        break;
      case Kind::kLoop:
        asks(network.loops[node.a].body);
        break;
      default:
        break;
    }
  }
  return asking;
}

// The least fact that `follows` demands, given the facts so far.
void spread(Network& network, bool NetworkNode::* fact,
            const std::function<bool(const NetworkNode&)>& follows) {
  const auto asking = askers(network);
  std::vector<NetworkState> pending(network.nodes.size());
  for (NetworkState state = 0; state < pending.size(); ++state) pending[state] = state;
  while (!pending.empty()) {
    const NetworkState state = pending.back();
    pending.pop_back();
    NetworkNode& node = network.nodes[state];
    if (node.*fact || !follows(node)) continue;
    node.*fact = true;
    pending.insert(pending.end(), asking[state].begin(), asking[state].end());
  }
}

bool may_be_empty(const Network& network, GrammarRules& rules, const NetworkNode& leaf) {
  if (leaf.kind == Kind::kLanguage) return rules.languages->accepts_empty(network.leaves[leaf.a]);
  Machine& machine = *rules.machines[leaf.a];
  return machine.may_end(machine.start());
}

}  // namespace

void find_nullable(Network& network, GrammarRules& rules) {
  const auto has = [&](NetworkState state) { return network.nodes[state].nullable; };
  spread(network, &NetworkNode::nullable, [&](const NetworkNode& node) {
    switch (node.kind) {
      case Kind::kFinal:
      case Kind::kLoopEnd:
        return true;
      case Kind::kRead:
      case Kind::kLexeme:
        return false;
      case Kind::kSplit:
        return has(node.a) || has(node.b);
      case Kind::kCall:
        return has(network.procedures[node.a]) && has(node.b);
      case Kind::kLanguage:
      case Kind::kMachine:
        return has(node.b) && may_be_empty(network, rules, node);
      case Kind::kLoop:
        return network.loops[node.a].least == 0 || has(network.loops[node.a].body);
    }
    return false;
  });
}

void find_live(Network& network, GrammarRules& rules) {
  const auto has = [&](NetworkState state) { return network.nodes[state].live; };
  spread(network, &NetworkNode::live, [&](const NetworkNode& node) {
    switch (node.kind) {
      case Kind::kFinal:
      case Kind::kLoopEnd:
        return true;
      case Kind::kRead:
        for (std::uint32_t i = 0; i < node.b; ++i) {
          if (has(network.arrows[node.a + i].to)) return true;
        }
        return false;
      case Kind::kSplit:
        return has(node.a) || has(node.b);
      case Kind::kCall:
        return has(network.procedures[node.a]) && has(node.b);
      case Kind::kLanguage:
      case Kind::kLexeme:
        return has(node.b) && !rules.languages->is_empty(network.leaves[node.a]);
      case Kind::kMachine:  // a machine that was made has a text
        return has(node.b);
      case Kind::kLoop:
        return network.loops[node.a].least == 0 || has(network.loops[node.a].body);
    }
    return false;
  });
}

void find_distances(Network& network, GrammarRules& rules) {
  constexpr std::uint64_t kFar = 1'000'000'000;
  const auto of = [&](NetworkState state) { return std::uint64_t{network.nodes[state].distance}; };
  const auto shortest = [&](const NetworkNode& node) {
    switch (node.kind) {
      case Kind::kFinal:
      case Kind::kLoopEnd:
        return std::uint64_t{0};
      case Kind::kRead: {
        std::uint64_t nearest = kFar;
        for (std::uint32_t i = 0; i < node.b; ++i) {
          nearest = std::min(nearest, 1 + of(network.arrows[node.a + i].to));
        }
        return nearest;
      }
      case Kind::kSplit:
        return std::min(of(node.a), of(node.b));
      case Kind::kCall:
        return of(network.procedures[node.a]) + of(node.b);
      case Kind::kMachine:
        return 1 + of(node.b);
      case Kind::kLanguage:
      case Kind::kLexeme:
        return rules.languages->shortest(network.leaves[node.a]).value_or(1) + of(node.b);
      case Kind::kLoop:
        return network.loops[node.a].least == 0 ? 0 : of(network.loops[node.a].body);
    }
    return kFar;
  };
  const auto asking = askers(network);
  std::vector<NetworkState> pending;
  for (NetworkState state = 0; state < network.nodes.size(); ++state) {
    network.nodes[state].distance = static_cast<std::uint32_t>(kFar);
    pending.push_back(state);
  }
  while (!pending.empty()) {
    const NetworkState state = pending.back();
    pending.pop_back();
    const std::uint64_t found = shortest(network.nodes[state]);
    if (found >= network.nodes[state].distance) continue;
    network.nodes[state].distance = static_cast<std::uint32_t>(found);
    pending.insert(pending.end(), asking[state].begin(), asking[state].end());
  }
}

}  // namespace diptych::grammar
