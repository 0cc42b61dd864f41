// Pools of threads as JavaScript holds them, and the tickets that calls bring.
#pragma once

#include <napi.h>

#include <cstddef>
#include <memory>

#include "runtime/ticket.h"

namespace perifocal::addon {

Napi::Function definePool(Napi::Env env);
Napi::Function defineTicket(Napi::Env env);
Napi::Value createPool(const Napi::CallbackInfo& info);

/// The ticket that a call brings as this argument, or null.
std::shared_ptr<Ticket> ticketIn(const Napi::CallbackInfo& info, std::size_t index);
/// The same; without one, a ticket for threads of the call's own.
std::shared_ptr<Ticket> ticketOf(const Napi::CallbackInfo& info, std::size_t index, int threads);

}  // namespace perifocal::addon
