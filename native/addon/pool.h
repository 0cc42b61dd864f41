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

/// The ticket that a call brings as this argument. Throws ARGUMENT without one, INTERNAL where the value is none.
std::shared_ptr<Ticket> ticketOf(const Napi::CallbackInfo& info, std::size_t index);

}  // namespace perifocal::addon
